/** Deploying again what is there, going back to a release, and giving a deployment up. */
import { z } from 'zod'
import type { Repositories } from '../../contracts.ts'
import { type Deployment, noOptions } from '../../domain/deployment.ts'
import { SlipwayError } from '../../domain/errors.ts'
import type { Project } from '../../domain/project.ts'
import type { Deployer, DeployRequest } from '../../pipeline/deployer.ts'
import {
  requestPulledRedeploy,
  requestRedeploy,
  requestRollback,
} from '../../pipeline/request-again.ts'
import type { SchemaPulls } from '../../pipeline/schema-pulls.ts'
import { answerJson } from '../answer.ts'
import { placeOf, presentDeployment } from '../present.ts'
import { showStatus, type StateParts } from '../project-state.ts'
import type { RouteTable } from '../route.ts'
import { cancelShape, statusShape } from '../shapes.ts'
import { findDeployment } from './deployments.ts'

export interface DeployAgainParts extends StateParts {
  readonly repositories: Repositories
  readonly deployer: Deployer
  /** Null where schemas are not taken from the platform. */
  readonly pulls: Pick<SchemaPulls, 'refresh'> | null
}

const redeployBody = z
  .strictObject({
    force_rebuild: z
      .boolean()
      .default(false)
      .describe('Builds, even where the same files were built before.'),
    clear_cache: z.boolean().default(false).describe("Drops the project's kept packages first."),
  })
  .prefault({})

const rollbackBody = z.strictObject({
  to: z
    .union(
      [z.literal('previous'), z.int().min(1).max(999_999_999)],
      'must be "previous" or the number of a deployment',
    )
    .describe('`previous`, or the number of a deployment that was live.'),
})

const queued = answerJson('It is queued; the body is the status that is polled.', statusShape, {
  Location: 'The deployment.',
})

export function addDeployAgainRoutes(table: RouteTable, parts: DeployAgainParts): void {
  const { deployments, deployer } = parts
  const path = '/api/v1/runtime/projects/:project'

  table.project({
    method: 'POST',
    path: `${path}/redeploy`,
    access: 'deploy',
    audit: 'deployment.redeploy',
    summary: 'Deploys again what the production branch is on the server.',
    description:
      'With `SCHEMA_PULL=on`, a project that was created without a schema takes it from the ' +
      'platform first; where it is another, that is committed and deployed instead.',
    body: redeployBody,
    example: { force_rebuild: true, clear_cache: false },
    answers: { 202: queued },
    refusals: ['redeploy_unknown_branch'],
    isDeploying: true,
    handle: async (project, { body, token, reply }) => {
      const options = {
        forceRebuild: body.force_rebuild,
        clearCache: body.clear_cache,
        // Nobody waits for it at a terminal.
        detach: true,
      }
      const asked = { project, actor: token.name, options }
      const { repositories, pulls } = parts
      const request =
        pulls === null || project.settings.pulledSchema === null
          ? await requestRedeploy(parts, asked, project.productionBranch)
          : await requestPulledRedeploy({ repositories, pulls }, asked)
      void reply.code(202).header('location', start(deployer, request))
      return showStatus(parts, project)
    },
  })

  table.project({
    method: 'POST',
    path: `${path}/rollback`,
    access: 'deploy',
    audit: 'deployment.rollback',
    summary: 'Makes an earlier release live again, without a build.',
    body: rollbackBody,
    example: { to: 'previous' },
    answers: { 202: queued },
    refusals: [
      'rollback_failed',
      'rollback_unknown',
      'rollback_none',
      'rollback_collected',
      'rollback_live',
    ],
    isDeploying: true,
    handle: async (project, { body, token, reply }) => {
      const asked = { project, actor: token.name, options: noOptions }
      const request = await requestRollback(parts, asked, body.to)
      void reply.code(202).header('location', start(deployer, request))
      return showStatus(parts, project)
    },
  })

  table.project({
    method: 'POST',
    path: `${path}/deployments/:number/cancel`,
    access: 'deploy',
    audit: 'deployment.cancel',
    summary: 'Gives up a deployment that waits or runs.',
    description:
      'Nothing changes for visitors. One that they see already is finished instead: `outcome` ' +
      'says which it is.',
    body: z.strictObject({}).prefault({}),
    answers: { 202: answerJson('It ends.', cancelShape) },
    refusals: ['deployment_not_found', 'deployment_finished'],
    handle: (project, { parameters, reply }) => {
      const deployment = findDeployment(deployments, project, parameters['number'])
      const { number, status } = deployment
      const answer = deployer.cancel(deployment, new SlipwayError('deployment_cancelled'))
      if (answer === 'unknown') throw new SlipwayError('deployment_finished', { number, status })
      void reply.code(202)
      return Promise.resolve({
        project_id: project.id,
        outcome: answer === 'finishing' ? 'finishing' : 'cancelling',
        deployment: presentDeployment(readAgain(parts, project, deployment)),
      })
    },
  })
}

/** Answers where the deployment is. What becomes of it is on record: nobody waits here. */
function start(deployer: Deployer, request: DeployRequest): string {
  const { deployment, done } = deployer.deploy(request)
  done.catch(() => undefined)
  return placeOf(deployment)
}

function readAgain(
  { deployments }: DeployAgainParts,
  { id }: Project,
  deployment: Deployment,
): Deployment {
  return deployments.find(id, deployment.number) ?? deployment
}
