/** Finds installed packages and all that they depend on, as Node would. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { InstalledPackage } from '../contracts/generate.ts'
import { hasErrorCode } from '../machine/files.ts'

export interface FoundPackage extends InstalledPackage {
  readonly folder: string
}

/** Sorted by folder. What only some machines need may be missing; throws for all else. */
export function findPackages(names: readonly string[], from: string): readonly FoundPackage[] {
  const found = new Map<string, FoundPackage>()
  for (const name of names) collect(require(name, from), found)
  return [...found.values()].toSorted((one, other) => (one.folder < other.folder ? -1 : 1))
}

function collect(one: ReadPackage, found: Map<string, FoundPackage>): void {
  const { name, version, folder, dependencies, optionalDependencies } = one
  if (found.has(folder)) return
  found.set(folder, { name, version, folder })
  for (const needed of Object.keys(dependencies)) {
    // npm lists optional ones among the others, too.
    if (!(needed in optionalDependencies)) collect(require(needed, folder), found)
  }
  for (const wanted of Object.keys(optionalDependencies)) {
    const there = find(wanted, folder)
    if (there !== null) collect(there, found)
  }
}

type ReadPackage = z.infer<typeof packageShape> & { readonly folder: string }

const dependenciesShape = z.record(z.string(), z.string()).default({})

const packageShape = z.object({
  name: z.string(),
  version: z.string(),
  dependencies: dependenciesShape,
  optionalDependencies: dependenciesShape,
})

function require(name: string, from: string): ReadPackage {
  const found = find(name, from)
  if (found === null) throw new Error(`the package ${name}, which ${from} needs, is not installed`)
  return found
}

function find(name: string, from: string): ReadPackage | null {
  const folder = join(from, 'node_modules', name)
  try {
    const text = readFileSync(join(folder, 'package.json'), 'utf8')
    return { ...packageShape.parse(JSON.parse(text)), folder }
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT', 'ENOTDIR')) throw error
  }
  const parent = dirname(from)
  return parent === from ? null : find(name, parent)
}
