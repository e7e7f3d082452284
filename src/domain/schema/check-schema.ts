/**
 * From the text of a `schema.json` to what an app is generated from, or to every mistake in it at
 * once, each with its place.
 */
import { limits } from '../limits.ts'
import type { Framework } from '../project.ts'
import { showBytes } from '../show.ts'
import type { AppSchema, Table } from './app-schema.ts'
import { checkTable } from './check-table.ts'
import { Findings, type SchemaProblem, showValue } from './findings.ts'
import { componentKey, toPascalCase } from './identifiers.ts'
import { type JsonMember, type JsonObject, readJson, toValue, withoutNulls } from './json-reader.ts'
import { describeName, isName } from './names.ts'
import { readObject } from './read-object.ts'
import { appWords, type ProjectWords, projectWords } from './schema-file.ts'

export type { SchemaProblem } from './findings.ts'

export type SchemaCheck = AcceptedSchema | RefusedSchema

export interface AcceptedSchema {
  readonly schema: AppSchema
  /** `project.id` as it stands; null where the text names none. */
  readonly projectId: string | null
  /** What is in it and has no effect, one line each. */
  readonly warnings: readonly string[]
}

export interface RefusedSchema {
  /** In the order of the text; the first `schemaProblemsMax`. */
  readonly problems: readonly SchemaProblem[]
  /** How many more there are. */
  readonly unlisted: number
}

export interface SchemaDefaults {
  /** What the app is made with where the text does not say. */
  readonly framework?: Framework
}

/** Never throws, whatever the text is. */
export function checkSchema(text: string, defaults: SchemaDefaults = {}): SchemaCheck {
  const findings = new Findings(text)
  const read = isTooLarge(text, findings) ? null : readSchema(text, defaults, findings)
  const { listed, unlisted } = findings.problems()
  if (read === null || listed.length > 0) return { problems: listed, unlisted }
  return { ...read, warnings: findings.warnings() }
}

function isTooLarge(text: string, findings: Findings): boolean {
  const isLong = text.length > limits.schemaBytesMax
  const bytes = isLong ? text.length : new TextEncoder().encode(text).length
  if (bytes <= limits.schemaBytesMax) return false
  const detail = `has ${showBytes(bytes)}; there may be ${limits.schemaBytesMax.toLocaleString('en')} bytes`
  findings.report({ path: [], at: 0 }, detail)
  return true
}

function readSchema(
  text: string,
  { framework = 'react' }: SchemaDefaults,
  findings: Findings,
): Omit<AcceptedSchema, 'warnings'> | null {
  const root = readJson(text, findings)
  if (root === null) return null
  if (root.kind !== 'object') {
    const detail = `is ${showValue(toValue(root))}; it must be an object that has "tables"`
    findings.report({ path: [], at: root.at }, detail)
    return null
  }
  const node = withoutNulls(root)
  const rules = { words: appWords, others: ['project', 'tables'] }
  const words = readObject(node, rules, { path: [], findings })
  const project = readProject(node, findings)
  const schema: AppSchema = {
    framework: words.framework ?? framework,
    locale: readLocale(node, words.locale ?? 'en', findings),
    title: [project.name].find(Boolean) ?? null,
    tables: checkTables(node, findings),
  }
  const { id = null } = project
  return { schema, projectId: id === null ? null : String(id) }
}

function readProject(root: JsonObject, findings: Findings): ProjectWords {
  const given = root.members.get('project')?.node
  if (given === undefined) return {}
  const path = ['project']
  if (given.kind === 'object') {
    return readObject(withoutNulls(given), { words: projectWords }, { path, findings })
  }
  findings.report({ path, at: given.at }, `is ${showValue(toValue(given))}; it must be an object`)
  return {}
}

/** `fr_fr`, as Django may have it, is `fr-FR`. */
function readLocale({ members, at }: JsonObject, text: string, findings: Findings): string {
  try {
    return Intl.getCanonicalLocales(text.replaceAll('_', '-'))[0] ?? text
  } catch {
    const place = { path: ['locale'], at: members.get('locale')?.node.at ?? at }
    findings.report(place, `is ${showValue(text)}, which is no language`)
    return text
  }
}

function checkTables(root: JsonObject, findings: Findings): readonly Table[] {
  const given = root.members.get('tables')?.node
  const path = ['tables']
  if (given === undefined) findings.report({ path: [], at: root.at }, 'has no "tables"')
  if (given === undefined) return []
  const place = { path, at: given.at }
  if (given.kind !== 'object') {
    findings.report(place, `is ${showValue(toValue(given))}; it must be an object: tables by name`)
    return []
  }
  const { size } = given.members
  if (size === 0) findings.report(place, 'has no table; an app needs one')
  if (size > limits.schemaTablesMax) {
    const count = size.toLocaleString('en')
    findings.report(place, `has ${count} tables; there may be ${limits.schemaTablesMax}`)
  }
  checkTableNames(given.members, findings)
  const names = new Set(given.members.keys())
  return [...given.members]
    .slice(0, limits.schemaTablesMax)
    .map(([name, { node }]) =>
      checkTable({ name, node, path: [...path, name] }, { findings, tables: names }),
    )
    .filter((table) => table !== null)
}

/** Each table becomes a folder and a component, so two must not have the same name for those. */
function checkTableNames(members: ReadonlyMap<string, JsonMember>, findings: Findings): void {
  const components = new Map<string, string>()
  for (const [name, { keyAt }] of members) {
    const place = { path: ['tables', name], at: keyAt }
    if (!isName(name)) {
      findings.report(place, () => describeName(name))
      continue
    }
    const key = componentKey(name)
    const earlier = components.get(key)
    if (earlier === undefined) components.set(key, name)
    else {
      const component = toPascalCase(name)
      findings.report(place, `would be the component ${component}, as "${earlier}" is; rename one`)
    }
  }
}
