-- At most one live intent of a listing, as before, but without an index of their keys:
-- claiming and settling go by ids, and keys come in another order, so that nearly every
-- outcome rewrote a page of its own. Who goes live looks for another one by intent_key.
DROP INDEX intent_live;

CREATE TRIGGER intent_goes_live BEFORE UPDATE OF live ON intent
WHEN NEW.live = 1 AND OLD.live = 0
BEGIN
    SELECT RAISE(ABORT, 'a listing with two live intents')
    FROM intent WHERE destination = NEW.destination AND key = NEW.key AND live = 1;
END;

CREATE TRIGGER intent_comes_live BEFORE INSERT ON intent
WHEN NEW.live = 1
BEGIN
    SELECT RAISE(ABORT, 'a listing with two live intents')
    FROM intent WHERE destination = NEW.destination AND key = NEW.key AND live = 1;
END;

-- What is live, by product; whether a destination has any is read from it too.
DROP INDEX intent_product;
CREATE INDEX intent_product ON intent (sync, product, destination) WHERE live = 1;
