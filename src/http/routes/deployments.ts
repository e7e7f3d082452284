/** The deployments of a project: their list, one with its steps, and its log. */
import { z } from 'zod'
import { limits } from '../../config.ts'
import type { DeploymentStore, TokenStore } from '../../contracts.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { SlipwayError } from '../../domain/errors.ts'
import type { Project } from '../../domain/project.ts'
import { answerContent, answerJson } from '../answer.ts'
import { type FollowParts, followLog } from '../follow-log.ts'
import { LogReaders } from '../log-readers.ts'
import { chooseLogType, createTextLines, jsonLines, logTypes, sendLog } from '../log-stream.ts'
import { numberedPageQuery, pageOf, toPage } from '../paging.ts'
import { presentDeployment, presentDetail } from '../present.ts'
import type { RouteTable } from '../route.ts'
import { deploymentDetailShape, deploymentShape, eventShape } from '../shapes.ts'
import { wholeNumber } from './whole-number.ts'

const logQuery = z.strictObject({
  after: wholeNumber.default(0).describe('The `seq` of the last event that is known already.'),
  limit: wholeNumber.optional().describe('At most so many events; all where it is not given.'),
  follow: z
    .enum(['0', '1'])
    .default('0')
    .describe('`1`: goes on with what is appended, until the deployment has ended.'),
})

export interface DeploymentRouteParts extends Pick<FollowParts, 'pages'> {
  readonly deployments: DeploymentStore
  readonly tokens: Pick<TokenStore, 'onRevoke'>
}

export function addDeploymentRoutes(table: RouteTable, parts: DeploymentRouteParts): void {
  const { deployments } = parts
  const readers = new LogReaders(parts.tokens)
  const path = '/api/v1/runtime/projects/:project/deployments'

  table.project({
    method: 'GET',
    path,
    access: 'read',
    summary: 'The deployments of a project, newest first.',
    query: numberedPageQuery,
    answers: { 200: answerJson('One page of them.', pageOf(deploymentShape)) },
    isPolled: true,
    handle: (project, { query: { limit, cursor } }) => {
      const page = { limit: limit + 1, before: cursor ?? null }
      return Promise.resolve(
        toPage(deployments.list(project.id, page), limit, {
          show: presentDeployment,
          cursor: ({ number }) => String(number),
        }),
      )
    },
  })

  table.project({
    method: 'GET',
    path: `${path}/:number`,
    access: 'read',
    summary: 'One deployment with its steps, their durations, what they used, and why it failed.',
    answers: { 200: answerJson('The deployment.', deploymentDetailShape) },
    refusals: ['deployment_not_found'],
    isPolled: true,
    handle: (project, { parameters }) => {
      const deployment = findDeployment(deployments, project, parameters['number'])
      return Promise.resolve(presentDetail(deployment, deployments.steps(deployment)))
    },
  })

  table.project({
    method: 'GET',
    path: `${path}/:number/logs`,
    access: 'read',
    summary: "A deployment's log: one event a line, or as its pusher saw it.",
    description:
      `By \`Accept\`: \`${logTypes.json}\` (also without it), or \`${logTypes.text}\`. With ` +
      '`follow=1` the answer ends when the deployment ends; every ' +
      `${limits.silenceMs / 1_000} s without an event a blank line (in text, a line with "…") ` +
      'says that the connection lives. Asking again with `after` the last `seq` seen misses and ' +
      'doubles nothing.',
    query: logQuery,
    answers: {
      200: answerContent('The log.', { [logTypes.json]: eventShape, [logTypes.text]: z.string() }),
    },
    refusals: ['deployment_not_found'],
    handle: async (project, { query, parameters, token, request, reply }) => {
      const deployment = findDeployment(deployments, project, parameters['number'])
      const batches = followLog(parts, deployment, {
        after: query.after,
        limit: query.limit ?? Number.POSITIVE_INFINITY,
        isFollowing: query.follow === '1',
        silenceMs: limits.silenceMs,
        signal: readers.add(reply.raw, token),
      })
      const isText = chooseLogType(request.headers.accept) === 'text'
      const format = isText ? createTextLines(project, deployment) : jsonLines
      await sendLog({ request, reply }, format, {
        batches,
        readEnd: () => deployments.find(project.id, deployment.number),
      })
    },
  })
}

/** Throws `deployment_not_found`. A number may have its `v`. */
export function findDeployment(
  deployments: DeploymentStore,
  project: Project,
  text = '',
): Deployment {
  const number = /^v?([1-9][0-9]{0,8})$/.exec(text)?.[1]
  const deployment = number === undefined ? null : deployments.find(project.id, Number(number))
  if (deployment === null) {
    throw new SlipwayError('deployment_not_found', { number: text.slice(0, 80).replace(/^v/, '') })
  }
  return deployment
}
