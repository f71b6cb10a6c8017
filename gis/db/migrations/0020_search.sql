-- Words of two characters, as most Chinese words are, found by index.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Every character twice. A trigram index answers only for words of three characters or
-- more; of the doubled text it answers for two. A word stands in a text exactly when
-- the doubled word stands in the doubled text.
CREATE FUNCTION city.doubled(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(value, '(.)', '\1\1', 'g');
