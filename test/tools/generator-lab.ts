/** A generator with a folder of its own, and a record of the workers that it starts. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseBuildUser } from '../../src/build/build-user.ts'
import { createSandboxedProcesses } from '../../src/build/sandboxed-processes.ts'
import { findToolchain } from '../../src/build/toolchain.ts'
import { readConfig } from '../../src/config.ts'
import type {
  AppGenerator,
  AppRequest,
  GeneratedApp,
  SandboxedProcess,
} from '../../src/contracts.ts'
import { limits } from '../../src/domain/limits.ts'
import type { Framework } from '../../src/domain/project.ts'
import type { AppSchema } from '../../src/domain/schema/app-schema.ts'
import { checkSchema } from '../../src/domain/schema/check-schema.ts'
import { createAppGenerator, type GeneratorLimits } from '../../src/generate/app-generator.ts'
import type { FrameworksPlace } from '../../src/generate/worker-program.ts'

export interface GeneratorLab extends AsyncDisposable {
  readonly generator: AppGenerator & AsyncDisposable
  /** All that were started, in order. */
  readonly workers: readonly SandboxedProcess[]
  readonly dataDir: string
  readonly generate: (request: AppRequest, signal?: AbortSignal) => Promise<GeneratedApp>
}

export interface GeneratorLabOptions {
  readonly frameworks?: 'own' | 'small'
  readonly sandbox?: 'required' | 'off'
  readonly concurrency?: number
  readonly limits?: Partial<GeneratorLimits>
  /** Of another lab, whose templates are made already. It stays. */
  readonly dataDir?: string
}

const smallFolder = join(import.meta.dirname, 'small-frameworks')

export const smallFrameworks: FrameworksPlace = {
  module: join(smallFolder, 'frameworks.ts'),
  folders: [smallFolder],
}

export async function startGeneratorLab(given: GeneratorLabOptions = {}): Promise<GeneratorLab> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-generator-'))
  await chmod(folder, 0o755)
  const dataDir = given.dataDir ?? join(folder, 'data')
  const config = readConfig(
    {
      SLIPWAY_DATA: dataDir,
      SLIPWAY_SANDBOX: given.sandbox ?? 'required',
      BUILD_CONCURRENCY: String(given.concurrency ?? 1),
    },
    2,
  )
  const buildUser = chooseBuildUser()
  const processes = createSandboxedProcesses({
    config,
    buildUser,
    toolchain: await findToolchain(),
  })
  const workers: SandboxedProcess[] = []
  const generator = createAppGenerator({
    config,
    processes: {
      start: (program) => {
        const worker = processes.start(program)
        workers.push(worker)
        return worker
      },
    },
    limits: { ...limits, ...given.limits },
    ...(given.frameworks === 'small' ? { frameworks: smallFrameworks } : {}),
  })
  return {
    generator,
    workers,
    dataDir,
    generate: (request, signal = new AbortController().signal) =>
      generator.generate(request, signal),
    [Symbol.asyncDispose]: async () => {
      await generator[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A request for an app with tables of two fields. */
export function askFor(
  title: string,
  tables: readonly string[] = ['customers'],
  framework: Framework = 'react',
): AppRequest {
  const fields = [
    { name: 'name', type: 'string', label: 'Name', required: true },
    { name: 'price', type: 'decimal', label: 'Price' },
  ]
  const schema = {
    framework,
    tables: Object.fromEntries(tables.map((name) => [name, { display_name: name, fields }])),
  }
  const identity = { projectId: '7', slug: 'shop', name: 'Shop' }
  return { schema: { ...readSchema(schema), title }, identity }
}

/** Of what stands in a `schema.json`. */
export function readSchema(schema: object): AppSchema {
  const check = checkSchema(JSON.stringify(schema))
  if ('problems' in check) throw new Error(JSON.stringify(check.problems))
  return check.schema
}

/** The same app with one field called otherwise. */
export function relabel(
  { schema, identity }: AppRequest,
  {
    table,
    field,
    label,
  }: { readonly table: string; readonly field: string; readonly label: string },
): AppRequest {
  const tables = schema.tables.map((one) =>
    one.name !== table
      ? one
      : {
          ...one,
          fields: one.fields.map((each) => (each.name === field ? { ...each, label } : each)),
        },
  )
  return { schema: { ...schema, tables }, identity }
}
