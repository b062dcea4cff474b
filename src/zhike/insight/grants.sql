-- Portraits and studies stay on record; a file's name is taken out when a later one has taken its place.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON insight_portrait, insight_valuestudy FROM zhike_app;
REVOKE DELETE, TRUNCATE ON insight_portrait, insight_valuestudy FROM zhike_worker;

-- Who is in a segment is written by the loader; an import that moves customers moves their rows.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON insight_membership, insight_snapshot FROM zhike_app, zhike_worker;
REVOKE DELETE, TRUNCATE ON insight_segment, insight_segmentversion FROM zhike_app, zhike_worker;
REVOKE ALL ON insight_portrait, insight_valuestudy, insight_segment, insight_segmentversion FROM zhike_loader;
GRANT SELECT, INSERT, UPDATE, DELETE ON insight_membership, insight_snapshot TO zhike_loader;
