"""The seeded demo city: pure generators, loaded through the ordinary loader."""




