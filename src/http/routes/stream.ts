/** The row of the WebSocket: all that is asked of a follower before its socket is made. */
import { z } from 'zod'
import type { Config } from '../../config.ts'
import type { DeploymentStore } from '../../contracts.ts'
import { SlipwayError } from '../../domain/errors.ts'
import { answerNothing } from '../answer.ts'
import type { RouteTable } from '../route.ts'
import { refuseForeignOrigin } from '../stream/origin.ts'
import type { Streams } from '../stream/streams.ts'
import { takeUpgrade } from '../stream/upgrade.ts'
import { findDeployment } from './deployments.ts'
import { wholeNumber } from './whole-number.ts'

export interface StreamRouteParts {
  readonly config: Pick<Config, 'publicUrl'>
  readonly deployments: DeploymentStore
  readonly streams: Streams
}

const streamQuery = z.strictObject({
  after: wholeNumber.default(0).describe('The `seq` of the last event that is known already.'),
  deployment: z.string().max(80).optional().describe('Only the events of this one.'),
})

export function addStreamRoutes(table: RouteTable, parts: StreamRouteParts): void {
  table.project({
    method: 'GET',
    path: '/api/v1/runtime/projects/:project/stream',
    access: 'read',
    summary: "A project's log as a WebSocket: what is there, then what comes.",
    description:
      'One event a text frame. The token is in `Authorization`, or, from a browser, one of the ' +
      'subprotocols: `slipway.v1, bearer.<token>`. Coming back with `after` the last `seq` seen ' +
      'misses and doubles nothing. Closed with 1008: do not come back; 1012 or 1013: do.',
    query: streamQuery,
    answers: { 101: answerNothing('The socket is open.') },
    refusals: ['deployment_not_found', 'origin_refused', 'upgrade_required'],
    handle: (project, { query, token, request, reply }) => {
      refuseForeignOrigin(request.raw, parts.config.publicUrl)
      const deployment =
        query.deployment === undefined
          ? null
          : findDeployment(parts.deployments, project, query.deployment).number
      if (parts.streams.isStopping) throw new SlipwayError('server_stopping')
      const handshake = takeUpgrade(request.raw)
      if (handshake === null) {
        void reply.header('upgrade', 'websocket').header('sec-websocket-version', '13')
        throw new SlipwayError('upgrade_required')
      }
      reply.hijack()
      const place = { projectId: project.id, deployment, after: query.after }
      parts.streams.accept(handshake, place, token)
      return Promise.resolve()
    },
  })
}
