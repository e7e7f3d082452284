// A database file in a temporary folder, with the stores on it, and projects to put in.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NewDeployment } from '../../src/contracts.ts'
import { type NewEvent, noOptions } from '../../src/domain/deployment.ts'
import { parseProjectId, parseSlug, type ProjectId } from '../../src/domain/names.ts'
import { defaultProjectSettings, type Project } from '../../src/domain/project.ts'
import { createAnswerStore } from '../../src/store/answers.ts'
import { createAuditStore } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createDeploymentStore } from '../../src/store/deployments.ts'
import { createDomainStore } from '../../src/store/domains.ts'
import { createEventLog } from '../../src/store/events.ts'
import { createProjectStore } from '../../src/store/projects.ts'
import { createTokenStore } from '../../src/store/tokens.ts'
import { createVariableStore } from '../../src/store/variables.ts'
import { createWebhookStore } from '../../src/store/webhooks.ts'

export type Stores = ReturnType<typeof openStores>

export async function makeDataDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'slipway-store-'))
}

/** Opens, or opens again, the stores of a data folder. `clock.now` is what they take for the time. */
export function openStores(dataDir: string, clock = { now: Date.now() }) {
  const database = openDatabase(dataDir)
  const now = (): number => clock.now
  const listenerErrors: unknown[] = []
  return {
    dataDir,
    database,
    clock,
    listenerErrors,
    projects: createProjectStore(database),
    deployments: createDeploymentStore(database, now),
    domains: createDomainStore(database),
    events: createEventLog(database, (error) => listenerErrors.push(error), now),
    tokens: createTokenStore(database, now),
    answers: createAnswerStore(database, now),
    audit: createAuditStore(database, now),
    variables: createVariableStore(database, Buffer.alloc(32, 7), now),
    webhooks: createWebhookStore(database, Buffer.alloc(32, 7), now),
  }
}

/** Runs a test on new stores and removes them after it. */
export async function withStores(work: (stores: Stores) => Promise<void> | void): Promise<void> {
  const dataDir = await makeDataDir()
  const stores = openStores(dataDir)
  try {
    await work(stores)
  } finally {
    stores.database.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

export function newProject(change: Partial<Project> = {}): Project {
  const id = parseProjectId(randomUUID())
  return {
    id,
    slug: parseSlug(`p${id.replaceAll('-', '')}`),
    name: 'Café à gogo',
    schemaName: null,
    framework: null,
    productionBranch: 'main',
    settings: defaultProjectSettings,
    createdAt: new Date(),
    ...change,
  }
}

export function newDeployment(projectId: ProjectId): NewDeployment {
  return {
    projectId,
    trigger: 'push',
    commit: null,
    branch: 'main',
    actor: 'ada',
    options: noOptions,
  }
}

export function newEvent(text: string, change: Partial<NewEvent> = {}): NewEvent {
  return { deployment: 1, step: 'build', status: 'in_progress', stream: 'stdout', text, ...change }
}
