/**
 * Makes apps from schemas. All that touches a schema's texts happens in workers behind walls; here
 * they are asked, their answers are checked, and a worker that breaks is replaced.
 */
import { type Config, limits } from '../config.ts'
import type { AppGenerator, AppRequest, GeneratedApp } from '../contracts/generate.ts'
import type { SandboxedProcesses } from '../contracts/sandboxed-processes.ts'
import { askTwice, askWorker, type Question } from './ask-worker.ts'
import { PrebuiltCache } from './prebuilt-cache.ts'
import { readEjected, readGenerated } from './read-answer.ts'
import { makeSpecimen } from './specimen.ts'
import { settleOrAbort } from './settle-or-abort.ts'
import { Templates } from './templates.ts'
import { WorkerPool } from './worker-pool.ts'
import { WorkerProcess } from './worker-process.ts'
import { type FrameworksPlace, ownFrameworks, readWorkerProgram } from './worker-program.ts'

export interface AppGeneratorParts {
  readonly config: {
    readonly dataDir: string
    readonly build: Pick<Config['build'], 'concurrency'>
  }
  readonly processes: SandboxedProcesses
  /** Slipway's own unless given. */
  readonly frameworks?: FrameworksPlace
  readonly limits?: GeneratorLimits
}

export type GeneratorLimits = {
  readonly [
    Name in 'generateTimeoutMs' | 'generatorAppsMax' | 'generatorMemoryBytesMax' | 'generatorIdleMs'
  ]: number
}

/** Starts nothing before the first app. Reads the sources of Slipway once, for the fingerprint. */
export function createAppGenerator(parts: AppGeneratorParts): AppGenerator & AsyncDisposable {
  const { config, processes } = parts
  const bounds: GeneratorLimits = parts.limits ?? limits
  const timeoutMs = bounds.generateTimeoutMs
  const program = readWorkerProgram(parts.frameworks ?? ownFrameworks)
  const start = (): WorkerProcess => new WorkerProcess(processes.start(program))
  const templates = new Templates(new PrebuiltCache(config.dataDir, program.fingerprint), start)
  const pool = new WorkerPool({
    start,
    workersMax: config.build.concurrency,
    usesMax: bounds.generatorAppsMax,
    memoryBytesMax: bounds.generatorMemoryBytesMax,
    idleMs: bounds.generatorIdleMs,
    warm: async (worker) => {
      for (const { framework, names } of templates.ready) {
        const request = makeSpecimen(framework)
        await worker.ask({ kind: 'generate', request, prebuilt: names }, timeoutMs)
      }
    },
  })
  const ask = async <Result>(
    { identity }: AppRequest,
    question: Omit<Question<Result>, 'timeoutMs'>,
    signal: AbortSignal,
  ): Promise<Result> =>
    askTwice(async () =>
      pool.use(identity.slug, signal, (worker) => askWorker(worker, { ...question, timeoutMs })),
    )
  return {
    fingerprint: program.fingerprint,
    generate: async (request, signal, onSharing): Promise<GeneratedApp> => {
      const { framework } = request.schema
      signal.throwIfAborted()
      pool.prepare()
      const shared = templates.get(framework, () => onSharing?.(program.packagesOf(framework)))
      const { names, files } = await settleOrAbort(shared, signal)
      const question = {
        request: { kind: 'generate', request, prebuilt: names },
        read: readGenerated,
      } as const
      const { compiled, ...app } = await ask(request, question, signal)
      return {
        rootPage: app.rootPage,
        subdirectoryPage: app.subdirectoryPage,
        storeFiles: [...files, ...app.files],
        compiled: compiled.length,
      }
    },
    prepare: async (frameworks) => templates.prepare(frameworks),
    eject: async (request) => {
      const question = { request: { kind: 'eject', request }, read: readEjected } as const
      return ask(request, question, new AbortController().signal)
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([templates[Symbol.asyncDispose](), pool[Symbol.asyncDispose]()])
    },
  }
}
