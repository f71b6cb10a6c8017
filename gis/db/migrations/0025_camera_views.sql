-- Views of cameras: what hides, what a register tells of a device, what a view is made of.

ALTER TABLE city.building ADD COLUMN "opaque" boolean;

ALTER TABLE city.camera ADD COLUMN "device_code" text;

ALTER TABLE city.camera_view
    ADD COLUMN "state" text,
    ADD COLUMN "near_m" double precision,
    ADD COLUMN "far_m" double precision,
    ADD COLUMN "assumed" boolean;
