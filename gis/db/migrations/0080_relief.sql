-- Rasters: a feature for each, and their cells in squares as the file had them.

-- 地形起伏 Relief
CREATE TABLE city.relief (
    fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "code" text NOT NULL,
    "name" text,
    "valid_from" date NOT NULL,
    "valid_to" date,
    "source" text NOT NULL,
    "synthetic" boolean NOT NULL,
    "kind" text NOT NULL,
    "edition" text,
    "vertical_datum" text,
    "cell_m" double precision NOT NULL,
    "low_m" double precision,
    "high_m" double precision,
    "known_share" double precision,
    "sha256" text NOT NULL,
    "epsg" bigint NOT NULL,
    "grid_columns" bigint NOT NULL,
    "grid_rows" bigint NOT NULL,
    "west" double precision NOT NULL,
    "north" double precision NOT NULL,
    "step_x" double precision NOT NULL,
    "step_y" double precision NOT NULL,
    "number_type" text NOT NULL,
    "no_data" double precision,
    "geom" geometry(Polygon,4490),
    "geom_m" geometry(Polygon,4549),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX relief_geom ON city.relief USING gist (geom);
CREATE INDEX relief_geom_m ON city.relief USING gist (geom_m);
CREATE UNIQUE INDEX relief_version ON city.relief USING btree (code, valid_from);
SELECT city.watch('relief');

-- Cells of every raster that was loaded, in squares of 256, deflated. Its rows name it
-- by the checksum of its file; undoing a load leaves them, so that it can be undone.
CREATE TABLE ledger.raster_block (
    sha256 text NOT NULL,
    block_row integer NOT NULL,
    block_column integer NOT NULL,
    cells bytea NOT NULL,
    PRIMARY KEY (sha256, block_row, block_column)
);
ALTER TABLE ledger.raster_block ALTER COLUMN cells SET STORAGE EXTERNAL;
GRANT SELECT ON ledger.raster_block TO citygrid_compute;
