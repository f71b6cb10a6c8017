-- The queue of jobs: what the installed procrastinate (3.10.0 when this was written) keeps
-- its jobs in, in a schema of its own. A later release's changes come as a migration of
-- their own, which must leave a queue alone that was made by that release.

CREATE SCHEMA queue;
SET LOCAL search_path = queue, public;

-- installed: procrastinate/sql/schema.sql

SET LOCAL search_path = public;

-- Whoever calls a function, it finds its own tables.
DO $$
DECLARE
    found regprocedure;
BEGIN
    FOR found IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'queue'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = queue, public', found);
    END LOOP;
END
$$;

-- The role that hands jobs in, looks after them and takes them up.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'citygrid_jobs') THEN
        CREATE ROLE citygrid_jobs NOLOGIN;
    END IF;
    IF NOT pg_has_role(current_user, 'citygrid_jobs', 'MEMBER') THEN
        GRANT citygrid_jobs TO current_user;
    END IF;
END
$$;
GRANT USAGE ON SCHEMA queue, ledger TO citygrid_jobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queue TO citygrid_jobs;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA queue TO citygrid_jobs;
