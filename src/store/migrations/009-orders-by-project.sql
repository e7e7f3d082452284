-- For whose domain a certificate is: the limits that an authority sets are shared among projects.
-- NULL: a host of the platform.
ALTER TABLE certificates ADD COLUMN project_id TEXT;
ALTER TABLE certificate_orders ADD COLUMN project_id TEXT;
