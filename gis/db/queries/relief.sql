-- name: raster_known
-- Whether the squares of a file are kept. sha256: its checksum
SELECT EXISTS (SELECT FROM ledger.raster_block WHERE sha256 = %(sha256)s)

-- name: raster_copy
-- Squares of a file as they come: checksum, row, column, deflated cells.
COPY ledger.raster_block (sha256, block_row, block_column, cells) FROM STDIN

-- name: raster_blocks
-- Squares of a file from row top to bottom and column left to right, inclusive.
SELECT block_row, block_column, cells FROM ledger.raster_block
WHERE sha256 = %(sha256)s
  AND block_row BETWEEN %(top)s::int AND %(bottom)s::int
  AND block_column BETWEEN %(left)s::int AND %(right)s::int
