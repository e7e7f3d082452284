/**
 * What REST answers, and how long the server takes to start, where there are ten thousand projects
 * and a million events, beside a hundred projects of the same length. Each question is of another
 * project, so that what was read before helps little.
 */
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { parseProjectId, parseSlug, type ProjectId } from '../src/domain/names.ts'
import { type SlipwayServer, startSlipwayServer } from '../test/tools/slipway-server.ts'
import {
  newDeployment,
  newEvent,
  newProject,
  openStores,
  type Stores,
} from '../test/tools/store.ts'
import { type Figure, interleave, median, type Rounds, showCase } from './figure.ts'

const sizes = { many: 10_000, few: 100 } as const
type Size = keyof typeof sizes
const deploymentsEach = 5
const eventsEach = 100
const questions = 200
const starts = 9
const ratioMax = 2

const reads: Readonly<Record<string, (project: number) => string>> = {
  'the list of projects': (project) => `?limit=50&cursor=${project}`,
  'a project': (project) => `${slugOf(project)}/`,
  "a project's status": (project) => `${slugOf(project)}/deployment-status`,
  "a project's deployments": (project) => `${slugOf(project)}/deployments/`,
  "a page of a deployment's log": (project) => `${slugOf(project)}/deployments/3/logs?limit=20`,
}

export async function benchReads(): Promise<readonly Figure[]> {
  await using many = await startFilled('many')
  await using few = await startFilled('few')
  const figures: Figure[] = []
  for (const [name, pathOf] of Object.entries(reads)) {
    figures.push(compare(`GET ${name}`, await measureReads({ many, few }, pathOf)))
  }
  const started = await interleave(starts, {
    cases: { many: () => many.start(), few: () => few.start() },
    prepare: (_round, which) => ({ many, few })[which].stop(),
    check: () => Promise.resolve(),
  })
  return [...figures, compare('start of the server', started)]
}

async function measureReads(
  servers: Readonly<Record<Size, SlipwayServer>>,
  pathOf: (project: number) => string,
): Promise<Rounds<Size>> {
  const tokens = { many: await servers.many.adminToken(), few: await servers.few.adminToken() }
  let asked = 0
  const ask = async (size: Size): Promise<void> => {
    // Spread over the first half, so that each page of the list is a full one.
    const project = 1 + ((asked * 7_919) % (sizes[size] / 2))
    const response = await fetch(
      `${servers[size].url}/api/v1/runtime/projects/${pathOf(project)}`,
      { headers: { authorization: `Bearer ${tokens[size]}` } },
    )
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${response.url}: ${text}`)
  }
  return interleave(questions, {
    cases: { many: () => ask('many'), few: () => ask('few') },
    prepare: () => Promise.resolve(),
    check: () => {
      asked += 1
      return Promise.resolve()
    },
  })
}

function compare(name: string, rounds: Rounds<Size>): Figure {
  const medianOf = (size: Size): number => median(rounds.map((times) => times[size]))
  const ratio = medianOf('many') / medianOf('few')
  return {
    name: `${name}: ${sizes.many} projects ÷ ${sizes.few}`,
    value: ratio.toFixed(2),
    limit: ratioMax.toFixed(2),
    isKept: ratio <= ratioMax,
    count: rounds.length,
    notes: [
      `${sizes.many} projects: ${showCase(rounds, 'many')}`,
      `${sizes.few} projects: ${showCase(rounds, 'few')}`,
    ],
  }
}

function startFilled(size: Size): Promise<SlipwayServer> {
  return startSlipwayServer({
    fill: async ({ dataDir, wwwRoot }) => {
      const stores = openStores(dataDir)
      try {
        fillStores(stores, sizes[size])
      } finally {
        stores.database.close()
      }
      for (let project = 1; project <= sizes[size]; project += 1) {
        const site = join(wwwRoot, slugOf(project))
        await mkdir(join(site, 'releases', String(deploymentsEach), 'files'), { recursive: true })
        await symlink(`releases/${deploymentsEach}`, join(site, 'current'))
      }
    },
  })
}

/** Some hundred projects at once: a transaction of each write would take minutes. */
function fillStores({ database, ...stores }: Stores, count: number): void {
  for (let first = 1; first <= count; first += 500) {
    database.write(() => {
      for (let project = first; project < Math.min(first + 500, count + 1); project += 1) {
        fillProject(stores, project)
      }
    })
  }
}

function fillProject(
  { projects, deployments, events }: Pick<Stores, 'projects' | 'deployments' | 'events'>,
  project: number,
): void {
  const id = parseProjectId(String(project))
  projects.create(newProject({ id, slug: parseSlug(slugOf(project)) }))
  for (let made = 0; made < deploymentsEach; made += 1) deploy({ deployments, events }, id)
}

function deploy(
  { deployments, events }: Pick<Stores, 'deployments' | 'events'>,
  projectId: ProjectId,
): void {
  const deployment = deployments.create(newDeployment(projectId))
  const { number } = deployment
  const at = new Date()
  deployments.saveStep(
    deployment,
    { step: 'build', status: 'completed', startedAt: at, finishedAt: at, used: null },
    {},
  )
  const lines = Array.from({ length: eventsEach / deploymentsEach - 2 }, (_, line) =>
    newEvent(`transformed module ${line} of this build`, { deployment: number }),
  )
  const milestone = { deployment: number, stream: null }
  events.append(projectId, [
    newEvent('building', milestone),
    ...lines,
    newEvent('built', { ...milestone, status: 'completed' }),
  ])
  deployments.setStatus(deployment, 'in_progress')
  deployments.setStatus(deployment, 'completed', { release: number })
}

function slugOf(project: number): string {
  return `harbour-${project}`
}
