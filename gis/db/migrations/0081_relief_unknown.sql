-- The number that stands for unknown has a name that no public answer uses.
ALTER TABLE city.relief RENAME COLUMN no_data TO unknown_value;
