-- What must hold in the database at any moment. Each block is a heading "-- code: claim" and one statement
-- that counts the exceptions; 0 is right. `zhike doctor` runs them as the owner, in read-only transactions.
-- Blocks are parted by an empty line.

-- definer_functions_fix_their_search_path: Functions with their owner's rights fix their search path
SELECT count(*)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND p.prosecdef
  AND NOT EXISTS (SELECT 1 FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%');

-- row_security_binds_everybody: Every table under row-level security keeps it for its owner too
SELECT count(*)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relrowsecurity AND NOT c.relforcerowsecurity;

-- row_security_has_policies: Every table under row-level security has a policy
SELECT count(*)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relrowsecurity
  AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid);

-- nothing_is_granted_to_everybody: No table is open to every role
SELECT count(*)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL aclexplode(c.relacl) AS held
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND held.grantee = 0;
