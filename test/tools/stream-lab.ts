/** The WebSocket on real stores, in this process: the test appends, and says what time it is. */
import { Writable } from 'node:stream'
import { noOptions } from '../../src/domain/deployment.ts'
import type { Project } from '../../src/domain/project.ts'
import { Secret } from '../../src/domain/secret.ts'
import { Admission } from '../../src/http/admission.ts'
import { RouteTable } from '../../src/http/route.ts'
import { addStreamRoutes } from '../../src/http/routes/stream.ts'
import { startHttpServer } from '../../src/http/server.ts'
import { LogPages } from '../../src/http/stream/log-pages.ts'
import { Streams } from '../../src/http/stream/streams.ts'
import { createServerLog } from '../../src/machine/server-log.ts'
import { newEvent, newProject, type Stores } from './store.ts'

export interface StreamLab extends AsyncDisposable {
  readonly streams: Streams
  readonly project: Project
  readonly token: string
  /** Of the project's stream. */
  readonly url: string
  /** Appends so many lines in one batch. */
  /** Lines appended so far. */
  readonly made: number
  readonly append: (count: number, text?: string) => void
}

export async function startStreamLab(
  stores: Stores,
  limits: { readonly signOfLifeMs?: number; readonly followerStallMs?: number } = {},
): Promise<StreamLab> {
  const { events, tokens, projects, deployments, clock } = stores
  const project = newProject()
  projects.create(project)
  const streams = new Streams({
    pages: new LogPages(events),
    tokens,
    limits: { signOfLifeMs: 15_000, followerStallMs: 30_000, ...limits },
    now: () => clock.now,
  })
  const nowhere = new Writable({ write: (_part, _encoding, done) => done() })
  const server = await startHttpServer(
    {
      logger: createServerLog(nowhere),
      gitDoor: () => false,
      entranceSecret: new Secret('none'),
      onRequestEnd: [],
      addRoutes: (fastify) => {
        const isLimiting = false
        const admission = new Admission({ tokens, isLimiting, now: Date.now })
        const table = new RouteTable(fastify, { ...stores, admission })
        const config = { publicUrl: 'http://deploy.example' }
        addStreamRoutes(table, { config, deployments, streams })
      },
    },
    { host: '127.0.0.1', port: 0 },
  )
  deployments.create({
    projectId: project.id,
    trigger: 'push',
    commit: null,
    branch: null,
    actor: 'ada',
    options: noOptions,
  })
  const wish = { projectId: null, scope: 'read', name: 'follower', expiresAt: null } as const
  let made = 0
  return {
    streams,
    project,
    token: tokens.create(wish).secret.reveal(),
    url: `http://127.0.0.1:${server.address.port}/api/v1/runtime/projects/${project.id}/stream`,
    get made() {
      return made
    },
    append: (count, text = 'line') => {
      const lines = Array.from({ length: count }, () => newEvent(`${text} ${(made += 1)}`))
      events.append(project.id, lines)
    },
    [Symbol.asyncDispose]: async () => {
      await streams[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}
