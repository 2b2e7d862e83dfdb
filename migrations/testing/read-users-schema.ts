import pg from 'pg';

/** Everything a migration may leave in a PostgreSQL database, one readable line each, sorted; the runner's own aside. */
export async function readUsersSchema(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ line: string }>(schemaLines);
    return rows.map(({ line }) => line).sort();
  } finally {
    await client.end();
  }
}

const schemaLines = `
WITH
  spaces AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  ),
  relations AS (
    SELECT c.oid, s.nspname || '.' || c.relname AS name, c.relkind, c.reloptions
    FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
    WHERE c.relname !~ '^migrations(_|$)'
  )
SELECT 'schema ' || nspname AS line FROM spaces
UNION ALL
SELECT 'extension ' || extname FROM pg_extension
UNION ALL
SELECT 'relation ' || name || ' ' || relkind::text || ' ' || coalesce(reloptions::text, '') FROM relations
UNION ALL
SELECT 'column ' || r.name || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
  || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
  || coalesce(' collate ' || nullif(a.attcollation, 0)::regcollation::text, '')
  || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || ' ' || a.attgenerated::text || a.attidentity::text
FROM pg_attribute a JOIN relations r ON r.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT 'index ' || pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
FROM pg_index i JOIN relations r ON r.oid = i.indrelid
UNION ALL
SELECT 'constraint ' || r.name || ' ' || c.conname || ' ' || pg_get_constraintdef(c.oid)
FROM pg_constraint c JOIN relations r ON r.oid = c.conrelid
UNION ALL
SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN relations r ON r.oid = t.tgrelid
WHERE NOT t.tgisinternal
UNION ALL
SELECT 'function ' || s.nspname || ' ' || pg_get_functiondef(p.oid) FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
WHERE p.prokind IN ('f', 'p') AND NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')
UNION ALL
SELECT 'type ' || s.nspname || '.' || t.typname || ' ' || t.typtype::text
  || coalesce((SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid), '')
FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace
WHERE t.typtype IN ('e', 'd', 'r') AND NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.classid = 'pg_type'::regclass AND d.deptype = 'e')
`;
