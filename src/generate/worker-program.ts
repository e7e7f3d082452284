/** What a worker is made of: what it may read, and a fingerprint of all that its apps depend on. */
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { InstalledPackage } from '../contracts/generate.ts'
import type { SandboxedProgram } from '../contracts/sandboxed-processes.ts'
import { limits } from '../domain/limits.ts'
import type { Framework } from '../domain/project.ts'
import { findPackages } from './packages.ts'
import { appTemplatesDir } from './read-template.ts'

export interface WorkerProgram extends SandboxedProgram {
  /** Changes with each template, compiler and package that apps are made of. */
  readonly fingerprint: string
  /** What all apps of a framework bring along. */
  readonly packagesOf: (framework: Framework) => readonly InstalledPackage[]
}

/** Where the frameworks are; tests bring their own. */
export interface FrameworksPlace {
  /** A module that exports `frameworks`. */
  readonly module: string
  /** Folders that it reads, beside Slipway's own. */
  readonly folders: readonly string[]
}

export const ownFrameworks: FrameworksPlace = {
  module: join(import.meta.dirname, 'frameworks.ts'),
  folders: [],
}

/** Reads the sources of Slipway once. */
export function readWorkerProgram({ module, folders }: FrameworksPlace): WorkerProgram {
  const packages = findPackages(
    [...toolNames, ...Object.values(appPackages).flat()],
    import.meta.dirname,
  )
  const sources = [...sourceFolders, ...folders]
  const parts = [
    ...packages.map(({ name, version }) => `${name}@${version}`),
    ...sources.flatMap((folder) => hashFiles(folder)),
  ]
  return {
    script: join(import.meta.dirname, 'worker.ts'),
    args: [module],
    readable: [
      join(root, 'src'),
      // Says that the sources are modules.
      join(root, 'package.json'),
      appTemplatesDir,
      ...folders,
      ...packages.map(({ folder }) => folder),
    ],
    memoryBytesMax: limits.generatorMemoryBytesMax,
    fingerprint: hash('sha256', parts.join('\n')).slice(0, 32),
    packagesOf: (framework) => packages.filter(({ name }) => appPackages[framework].includes(name)),
  }
}

const root = join(import.meta.dirname, '../..')

const sourceFolders = [
  appTemplatesDir,
  import.meta.dirname,
  join(import.meta.dirname, '../domain/schema'),
]

/** The packages that a worker imports. */
const toolNames = ['rolldown', '@vue/compiler-sfc', 'eta']

/** Those that apps do. */
const appPackages: Readonly<Record<Framework, readonly string[]>> = {
  react: ['react', 'react-dom', 'react-router'],
  vue: ['vue', 'vue-router'],
}

function hashFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => `${relative(root, path)} ${hash('sha256', readFileSync(path))}`)
    .toSorted()
}
