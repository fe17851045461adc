-- A key may have had many intents before: whoever looks for its live one begins at the
-- oldest that is live at all. Ids and outcomes come in about the same order, so that this
-- index shrinks at its front.
CREATE INDEX intent_alive ON intent (destination) WHERE live = 1;

DROP INDEX intent_product;
CREATE INDEX intent_product ON intent (sync, product) WHERE live = 1;

-- FAIL, because for ABORT SQLite would keep a journal of every statement that settles
-- several; a transaction in which one fails is rolled back as a whole.
DROP TRIGGER intent_goes_live;
DROP TRIGGER intent_comes_live;

CREATE TRIGGER intent_goes_live BEFORE UPDATE OF live ON intent
WHEN NEW.live = 1 AND OLD.live = 0
BEGIN
    SELECT RAISE(FAIL, 'a listing with two live intents')
    FROM intent WHERE destination = NEW.destination AND key = NEW.key AND live = 1
    AND id >= (SELECT id FROM intent INDEXED BY intent_alive
               WHERE destination = NEW.destination AND live = 1 ORDER BY id LIMIT 1);
END;

CREATE TRIGGER intent_comes_live BEFORE INSERT ON intent
WHEN NEW.live = 1
BEGIN
    SELECT RAISE(FAIL, 'a listing with two live intents')
    FROM intent WHERE destination = NEW.destination AND key = NEW.key AND live = 1
    AND id >= (SELECT id FROM intent INDEXED BY intent_alive
               WHERE destination = NEW.destination AND live = 1 ORDER BY id LIMIT 1);
END;
