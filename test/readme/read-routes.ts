/** The rows of every file in src/http/routes/, without a server to serve them. */
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

export interface RouteRow {
  readonly method: string
  readonly path: string
  readonly access: string
  /** What the audit log calls it, where it changes something. */
  readonly audit?: string
}

const folder = resolve(import.meta.dirname, '../../src/http/routes')

/** Calls whatever `add…Routes` the files export with a table that only writes down. */
export async function readRoutes(): Promise<readonly RouteRow[]> {
  const rows: RouteRow[] = []
  const note = (row: RouteRow): void => {
    const { method, path, access, audit } = row
    rows.push({ method, path, access, ...(audit !== undefined && { audit }) })
  }
  const table = { public: note, general: note, project: note }
  for (const file of (await readdir(folder)).toSorted()) {
    const module = (await import(join(folder, file))) as Readonly<Record<string, unknown>>
    for (const [name, add] of Object.entries(module)) {
      if (/^add\w*Routes$/.test(name) && typeof add === 'function') add(table, anything())
    }
  }
  return rows
}

/** Stands for the parts that handlers would use; nobody calls a handler here. */
function anything(): unknown {
  return new Proxy(() => undefined, { get: anything, apply: anything })
}
