-- Portraits and studies stay on record; a file's name is taken out when a later one has taken its place.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON insight_portrait, insight_valuestudy FROM zhike_app;
REVOKE DELETE, TRUNCATE ON insight_portrait, insight_valuestudy FROM zhike_worker;

-- Who is in a segment is written by the loader; an import that moves customers moves their rows.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON insight_membership, insight_snapshot FROM zhike_app, zhike_worker;
REVOKE DELETE, TRUNCATE ON insight_segment, insight_segmentversion FROM zhike_app, zhike_worker;
REVOKE ALL ON insight_portrait, insight_valuestudy, insight_segment, insight_segmentversion FROM zhike_loader;
GRANT SELECT, INSERT, UPDATE, DELETE ON insight_membership, insight_snapshot TO zhike_loader;

-- Scores and warnings are made by the worker; people answer warnings. An import that moves customers moves their rows.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON insight_scoring FROM zhike_app;
REVOKE INSERT, DELETE, TRUNCATE ON insight_churnwarning FROM zhike_app;
REVOKE DELETE, TRUNCATE ON insight_registeredmodel, insight_scoring, insight_churnwarning FROM zhike_app, zhike_worker;
REVOKE ALL ON insight_registeredmodel, insight_scoring, insight_churnwarning FROM zhike_loader;
GRANT SELECT (customer_id, outlet_id), UPDATE (outlet_id) ON insight_churnwarning TO zhike_loader;
