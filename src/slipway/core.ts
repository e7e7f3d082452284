/** The core on top of the machine: the steps, the deployer, and what pushes and projects ask of it. */
import { type Config, limits } from '../config.ts'
import { projectHost } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import { createProject, type ProjectWish } from '../pipeline/create-project.ts'
import { deleteProject } from '../pipeline/delete-project.ts'
import { Deployer } from '../pipeline/deployer.ts'
import { ejectApp } from '../pipeline/eject-app.ts'
import { createPipelines } from '../pipeline/pipelines.ts'
import { putSchema, type SchemaPut, type SchemaWish } from '../pipeline/put-schema.ts'
import { PushReceiver } from '../pipeline/receive-push.ts'
import { recoverDeployments } from '../pipeline/recover.ts'
import { rememberPull, SchemaPulls } from '../pipeline/schema-pulls.ts'
import { createSchemaReader } from '../pipeline/schema-reader.ts'
import { createSchemaSource } from '../platform/schema-source.ts'
import { createActivate } from '../steps/activate.ts'
import { createBuild } from '../steps/build.ts'
import { createCertificate } from '../steps/certificate.ts'
import { createCheckout } from '../steps/checkout.ts'
import { createGenerate } from '../steps/generate.ts'
import { createInstall } from '../steps/install.ts'
import { createPlan } from '../steps/plan.ts'
import { createRelease } from '../steps/release.ts'
import { createVerify } from '../steps/verify.ts'
import { createVhost, createVhostAgain } from '../steps/vhost.ts'
import { createWelcome } from '../steps/welcome.ts'
import type { Machine } from './machine.ts'

export interface CoreOptions {
  readonly config: Config
  readonly machine: Machine
  readonly logError: (message: string, error: unknown) => void
  /** Closes what is opened here. */
  readonly rooms: AsyncDisposableStack
}

export type Core = Awaited<ReturnType<typeof openCore>>

/** When it resolves, what the last run of the server left unfinished is settled. */
export async function openCore({ config, machine, logError, rooms }: CoreOptions) {
  const {
    repositories,
    builder,
    sites,
    appGenerator,
    appStore,
    announcer,
    entrance,
    certificates,
    domains,
  } = machine
  const readSchema = createSchemaReader(repositories)
  const pipelines = createPipelines({
    checkout: createCheckout({ repositories, builder }),
    plan: createPlan({ repositories, readSchema }),
    generate: createGenerate({ appGenerator, appStore, readSchema }),
    install: createInstall({ config, builder }),
    build: createBuild({ config, builder }),
    welcome: createWelcome({ config, builder, generator: machine.welcomePages }),
    release: createRelease({ repositories, sites }),
    vhost: createVhost({ config, sites, domains }),
    vhostAgain: createVhostAgain({ sites, domains }),
    activate: createActivate({ sites }),
    certificate: createCertificate({ config, certificates }),
    verify: createVerify({ config, sites, domains }),
  })
  const parts = { ...machine, config, pipelines, logError }
  const deployer = new Deployer(parts)
  // Where a door does not open, what recovery resumed must not outlive the database.
  rooms.defer(() => deployer.stop(0))
  const asking = { ...parts, deployer }
  await recoverDeployments(asking)
  const pulls = config.schemaPull
    ? new SchemaPulls({ ...asking, source: createSchemaSource(config, limits) })
    : null
  return {
    deployer,
    pushReceiver: new PushReceiver(asking),
    createProject: async (wish: ProjectWish): Promise<Project> => {
      const born = { ...asking, reservedHosts: entrance.hosts }
      const project = await createProject(born, wish)
      // So that it is mostly there when somebody comes by.
      certificates.request(projectHost(project.slug, config.frontendDomain))
      announcer.tellProject('project.created', project)
      if (project.settings.pulledSchema !== null) pulls?.begin(project)
      return project
    },
    pulls,
    putSchema: async (project: Project, wish: SchemaWish): Promise<SchemaPut> => {
      const put = await putSchema(asking, project, wish)
      rememberPull(machine.projects, project, put.blob)
      return put
    },
    ejectApp: (project: Project, wish: { readonly branch: string; readonly actor: string }) =>
      ejectApp(parts, project, wish),
    deleteProject: async (project: Project): Promise<void> => {
      await deleteProject(asking, project)
      certificates.forget(projectHost(project.slug, config.frontendDomain))
      announcer.tellProject('project.deleted', project)
    },
  }
}
