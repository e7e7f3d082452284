/**
 * The core on real stores, with stand-ins for the machine that remember what was done to them. A
 * server can be taken away in the middle of any step, and another be started on what it left.
 */
import { createHash } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { noCertificates } from '../../src/certificates/open-certificates.ts'
import { createSiteUrls } from '../../src/pipeline/site-urls.ts'
import { type Config, readConfig } from '../../src/config.ts'
import type {
  AppGenerator,
  Domains,
  AppStore,
  Builder,
  BuildResult,
  BuildRun,
  Repositories,
  Sites,
} from '../../src/contracts.ts'
import type { TreeEntry } from '../../src/domain/build-plan.ts'
import { type StepName, noOptions } from '../../src/domain/deployment.ts'
import { type Oid, zeroOid } from '../../src/domain/names.ts'
import type { Project } from '../../src/domain/project.ts'
import { noRules } from '../../src/domain/site-rules/site-rules.ts'
import { Deployer, type DeployRequest } from '../../src/pipeline/deployer.ts'
import { createPipelines, type Pipelines } from '../../src/pipeline/pipelines.ts'
import { putSchema, type SchemaPut } from '../../src/pipeline/put-schema.ts'
import { PushReceiver } from '../../src/pipeline/receive-push.ts'
import { recoverDeployments } from '../../src/pipeline/recover.ts'
import { createSchemaReader } from '../../src/pipeline/schema-reader.ts'
import type { AnyStep } from '../../src/pipeline/step.ts'
import { createActivate } from '../../src/steps/activate.ts'
import { createBuild } from '../../src/steps/build.ts'
import { createCertificate } from '../../src/steps/certificate.ts'
import { createCheckout } from '../../src/steps/checkout.ts'
import { createGenerate } from '../../src/steps/generate.ts'
import { createInstall } from '../../src/steps/install.ts'
import { createPlan } from '../../src/steps/plan.ts'
import { createRelease } from '../../src/steps/release.ts'
import { createVerify } from '../../src/steps/verify.ts'
import { createVhost, createVhostAgain } from '../../src/steps/vhost.ts'
import { createWelcome } from '../../src/steps/welcome.ts'
import { makeDataDir, newProject, openStores, type Stores } from './store.ts'

/** Where the server is taken away: at the beginning of a step's run or undo, or at its end. */
export interface Halt {
  readonly step: StepName
  readonly during: 'run' | 'undo'
  readonly when: 'before' | 'after'
}

export interface Core {
  readonly config: Config
  readonly deployer: Deployer
  readonly receiver: PushReceiver
  readonly pipelines: Pipelines
  readonly recover: () => Promise<void>
  /** Puts a schema as REST does. */
  readonly put: (project: Project, schema: unknown) => Promise<SchemaPut>
  /** Resolves when the server was taken away. */
  readonly halted: Promise<void>
  readonly logged: readonly string[]
}

/** Always the same forty digits for one name. */
export function commitNamed(name: string): Oid {
  return createHash('sha1').update(name).digest('hex') as Oid
}

function blobOf(text: string): string {
  return createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex')
}

/** The machine as far as the core can see it: refs, folders of builds, releases and hosts. */
export class FakeMachine {
  readonly buildsDir: string
  readonly refs = new Map<string, Oid>()
  readonly workspaces = new Set<string>()
  readonly releases = new Map<string, Set<number>>()
  readonly current = new Map<string, number | null>()
  readonly hosts = new Set<string>()
  runningBuilds = 0
  mostBuilds = 0
  /** What a command of a build does; ends well unless the test says otherwise. */
  onBuild: (run: BuildRun) => Promise<Partial<BuildResult>> = () => Promise.resolve({})
  onClose: () => Promise<void> = () => Promise.resolve()
  /** What the app store has. */
  readonly stored = new Set<string>()
  /** What is at the top of every commit, beside a file of its own. */
  files: Readonly<Record<string, string>> = { 'package.json': '{"scripts":{"build":"make"}}' }
  /** What visitors get, where something is live. */
  page = '<h1>hello</h1>'

  readonly repositories: Repositories = {
    create: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    setHead: () => Promise.resolve(),
    readRef: (projectId, ref) => Promise.resolve(this.refs.get(`${projectId} ${ref}`) ?? null),
    hasBranches: (projectId) =>
      Promise.resolve(
        [...this.refs.keys()].some((key) => key.startsWith(`${projectId} refs/heads/`)),
      ),
    listTree: (_projectId, commit) => {
      const entry = (path: string, oid: string): TreeEntry => {
        return { path, oid, type: 'blob', mode: '100644', bytes: 50 }
      }
      const files = Object.entries(this.files).map(([path, text]) => entry(path, blobOf(text)))
      return Promise.resolve([...files, entry('src/main.js', commit)])
    },
    readBlob: (_projectId, oid) => {
      const text = Object.values(this.files).find((one) => blobOf(one) === oid)
      if (text === undefined) throw new Error(`no blob ${oid}`)
      return Promise.resolve(Buffer.from(text))
    },
    readFiles: (_projectId, files) =>
      Promise.resolve(
        files.map(({ oid }) =>
          Buffer.from(Object.values(this.files).find((text) => blobOf(text) === oid) ?? ''),
        ),
      ),
    checkout: () => Promise.resolve(),
    commitFiles: async (projectId, { branch, files, isWanted }) => {
      const ref = `${projectId} refs/heads/${branch}`
      const previous = this.refs.get(ref) ?? null
      const listTree = (): Promise<readonly TreeEntry[]> =>
        this.repositories.listTree(projectId, previous ?? zeroOid)
      const head = previous === null ? null : { commit: previous, listTree }
      if ((await isWanted?.(head)) === false) return { commit: previous, previous, isNew: false }
      const texts = files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()] as const)
      this.files = { ...this.files, ...Object.fromEntries(texts) }
      const commit = commitNamed(JSON.stringify([previous, texts]))
      this.refs.set(ref, commit)
      return { commit, previous, isNew: true }
    },
  }

  readonly builder: Builder = {
    fingerprint: 'the tools',
    openWorkspace: async (key) => {
      this.workspaces.add(key)
      const sourceDir = join(this.buildsDir, key)
      await mkdir(sourceDir, { recursive: true })
      return { sourceDir }
    },
    closeWorkspace: async (key) => {
      await this.onClose()
      this.workspaces.delete(key)
    },
    leftWorkspaces: () => Promise.resolve([...this.workspaces]),
    run: async (run) => {
      this.runningBuilds += 1
      this.mostBuilds = Math.max(this.mostBuilds, this.runningBuilds)
      try {
        const result = await this.onBuild(run)
        return { outcome: 'ended', exitCode: 0, signalName: null, used: null, ...result }
      } finally {
        this.runningBuilds -= 1
      }
    },
    findOutput: (_workspace, folders) => Promise.resolve(folders[0] ?? null),
    findModules: () => Promise.resolve(null),
    sealModules: () => Promise.resolve(null),
    lendModules: () => Promise.resolve(),
    clearCache: () => Promise.resolve(),
    checkSandbox: () => Promise.resolve(),
  }

  readonly sites: Sites = {
    publish: ({ slug, number }) => {
      this.releasesOf(slug).add(number)
      return Promise.resolve({
        files: 1,
        bytes: 10,
        leftOut: [],
        rules: noRules,
        compressedMs: 0,
      })
    },
    rulesOf: () => Promise.resolve(noRules),
    bringRules: () => Promise.resolve(false),
    takeBackRules: () => Promise.resolve(),
    removeRelease: (slug, number) => {
      this.releasesOf(slug).delete(number)
      return Promise.resolve()
    },
    listReleases: (slug) => Promise.resolve([...this.releasesOf(slug)]),
    currentRelease: (slug) => Promise.resolve(this.current.get(slug) ?? null),
    activate: (slug, number) => {
      this.current.set(slug, number)
      return Promise.resolve()
    },
    pruneReleases: (slug, keep, protect) => {
      const all = [...this.releasesOf(slug)]
      const live = this.current.get(slug)
      const spared = [...all.slice(-keep), ...protect, live]
      const doomed = all.filter((number) => !spared.includes(number))
      for (const number of doomed) this.releasesOf(slug).delete(number)
      return Promise.resolve(doomed)
    },
    linkHost: (_slug, host) => {
      const isNew = !this.hosts.has(host)
      this.hosts.add(host)
      return Promise.resolve(isNew)
    },
    linkRedirect: () => Promise.resolve(true),
    unlinkHost: (host) => {
      this.hosts.delete(host)
      return Promise.resolve()
    },
    addressesOf: () => Promise.resolve(['subdomain']),
    linkSubdirectory: () => Promise.resolve(true),
    unlinkSubdirectory: () => Promise.resolve(),
    ask: () => {
      const body = Buffer.from(this.page)
      return Promise.resolve({ status: 200, contentType: 'text/html', headers: {}, body })
    },
    removeSite: () => Promise.resolve(),
    isServing: () => Promise.resolve(true),
  }

  readonly appStore: AppStore = {
    keep: (files) => {
      const fresh = files.filter(({ name }) => !this.stored.has(name))
      for (const { name } of fresh) this.stored.add(name)
      return Promise.resolve(fresh.length)
    },
  }

  /** One file a table; its pages say whose app it is. */
  readonly appGenerator: AppGenerator = {
    fingerprint: 'the templates',
    generate: ({ schema, identity }) => {
      const page = `<h1>${schema.title ?? identity.name}</h1>`
      const storeFiles = schema.tables.map((table) => ({
        name: `${commitNamed(JSON.stringify(table))}.js`,
        bytes: Buffer.from(table.name),
        brotli: null,
        gzip: null,
      }))
      return Promise.resolve({
        rootPage: page,
        subdirectoryPage: `${page} below`,
        storeFiles,
        compiled: storeFiles.length,
      })
    },
    prepare: () => Promise.resolve(),
    eject: ({ schema }) =>
      Promise.resolve([
        { path: 'package.json', text: '{}' },
        ...schema.tables.map(({ name }) => ({ path: `src/${name}.ts`, text: name })),
      ]),
  }

  constructor(buildsDir: string) {
    this.buildsDir = buildsDir
  }

  releasesOf(slug: string): Set<number> {
    const found = this.releases.get(slug) ?? new Set()
    this.releases.set(slug, found)
    return found
  }
}

export /** Nobody has a domain of their own. */
const noDomains: Pick<Domains, 'link' | 'hostsOf'> = {
  link: () => Promise.resolve(),
  hostsOf: () => [],
}

interface Start {
  readonly halt?: Halt
  readonly concurrency?: number
  readonly domain?: string
  /** The fingerprint of what builds. */
  readonly tools?: string
  /** The fingerprint of what generates. */
  readonly templates?: string
  readonly keepReleases?: number
}

export class PipelineLab implements AsyncDisposable {
  readonly machine: FakeMachine
  readonly stores: Stores

  constructor(dataDir: string) {
    this.stores = openStores(dataDir)
    this.machine = new FakeMachine(join(dataDir, 'builds'))
  }

  addProject(change: Partial<Project> = {}): Project {
    const project = newProject(change)
    this.stores.projects.create(project)
    return project
  }

  /** A server on what the lab holds; the earlier ones are taken for dead. */
  start(start: Start = {}): Core {
    const { halt, concurrency = 4, domain = 'localhost', tools = 'the tools' } = start
    const settings = {
      ACME_DIRECTORY: 'off',
      BUILD_CONCURRENCY: String(concurrency),
      FRONTEND_DOMAIN: domain,
      KEEP_RELEASES: String(start.keepReleases ?? 5),
    }
    const config = readConfig(settings, 2)
    const { repositories, sites } = this.machine
    const builder = { ...this.machine.builder, fingerprint: tools }
    const { appStore } = this.machine
    const appGenerator = {
      ...this.machine.appGenerator,
      fingerprint: start.templates ?? 'the templates',
    }
    const readSchema = createSchemaReader(repositories)
    const { promise: halted, resolve: onHalt } = Promise.withResolvers<void>()
    const generator = { writeWelcomePage: () => Promise.resolve() }
    const { relink, deploy, welcome } = createPipelines({
      checkout: createCheckout({ repositories, builder }),
      plan: createPlan({ repositories, readSchema }),
      generate: createGenerate({ appGenerator, appStore, readSchema }),
      install: createInstall({ config, builder }),
      build: createBuild({ config, builder }),
      welcome: createWelcome({ config, builder, generator }),
      release: createRelease({ repositories, sites }),
      vhost: createVhost({ config, sites, domains: noDomains }),
      vhostAgain: createVhostAgain({ sites, domains: noDomains }),
      activate: createActivate({ sites }),
      certificate: createCertificate({ config, certificates: noCertificates }),
      verify: createVerify({ config, sites, domains: noDomains }),
    })
    const cut = (steps: readonly AnyStep[]): readonly AnyStep[] =>
      halt === undefined ? steps : steps.map((step) => haltAt(step, halt, onHalt))
    const pipelines = { relink: cut(relink), deploy: cut(deploy), welcome: cut(welcome) }
    const logged: string[] = []
    const logError = (message: string): void => {
      logged.push(message)
    }
    const machine = { repositories, builder, sites, appGenerator }
    const siteUrlOf = createSiteUrls(config, noCertificates)
    const parts = { config, siteUrlOf, ...this.stores, ...machine, pipelines, logError }
    const deployer = new Deployer(parts)
    const receiver = new PushReceiver({ ...parts, deployer })
    return {
      config,
      deployer,
      receiver,
      pipelines,
      halted,
      logged,
      recover: () => recoverDeployments({ ...parts, deployer }),
      put: (project, schema) => {
        const bytes = Buffer.from(typeof schema === 'string' ? schema : JSON.stringify(schema))
        return putSchema({ ...parts, deployer }, project, { bytes, actor: 'django' })
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stores.database.close()
    await rm(this.stores.dataDir, { recursive: true, force: true })
  }
}

export async function openPipelineLab(): Promise<PipelineLab> {
  return new PipelineLab(await makeDataDir())
}

/** A deployment as a push asks for it, without the push. */
export function requestOf(
  project: Project,
  commit: Oid,
  change: Partial<DeployRequest> = {},
): DeployRequest {
  return {
    project,
    trigger: 'push',
    commit,
    branch: project.productionBranch,
    actor: 'ada',
    options: noOptions,
    ...change,
  }
}

function haltAt(step: AnyStep, { step: name, during, when }: Halt, onHalt: () => void): AnyStep {
  if (step.name !== name) return step
  const stand = (): Promise<never> => {
    onHalt()
    return new Promise(() => undefined)
  }
  const { run, undo } = step
  if (during === 'run') {
    return {
      ...step,
      run: async (...given) => (when === 'before' ? stand() : (await run(...given), stand())),
    }
  }
  return undo === undefined
    ? step
    : {
        ...step,
        undo: async (...given) => (when === 'before' ? stand() : (await undo(...given), stand())),
      }
}
