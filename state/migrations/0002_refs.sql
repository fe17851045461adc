-- Further ids at the API, a JSON object under the destination's own names: the
-- price of a product, its variants. '' for none. Those of an intent are what its
-- earlier steps told.
ALTER TABLE listing ADD COLUMN refs TEXT NOT NULL DEFAULT '';
ALTER TABLE intent ADD COLUMN refs TEXT NOT NULL DEFAULT '';
ALTER TABLE remote ADD COLUMN refs TEXT NOT NULL DEFAULT '';
ALTER TABLE adoption ADD COLUMN refs TEXT NOT NULL DEFAULT '';

-- Another system that writes the product at the API, '' for none.
ALTER TABLE remote ADD COLUMN writer TEXT NOT NULL DEFAULT '';

-- When the idempotency key was made, 0 for when the intent was.
ALTER TABLE step ADD COLUMN key_at INTEGER NOT NULL DEFAULT 0;

-- A product with many variants may take many steps: the id of a step is now
-- intent * 4096 + n. By way of negative ids, so that none meets another.
UPDATE step SET id = -(id / 16 * 4096 + id % 16);
UPDATE step SET id = -id;
UPDATE step_bytes SET id = -(id / 16 * 4096 + id % 16);
UPDATE step_bytes SET id = -id;
