/** What the deployer is asked for by one ref of a push. */
import type { IncomingPush, ProjectStore, Repositories } from '../contracts.ts'
import type { DeploymentOptions } from '../domain/deployment.ts'
import { SlipwayError } from '../domain/errors.ts'
import { branchOfRef, shortOid, zeroOid } from '../domain/names.ts'
import type { RefCommand, RefIntent } from '../domain/push.ts'
import type { DeployRequest } from './deployer.ts'
import type { ReleaseParts } from './releases.ts'
import { requestRedeploy, requestRollback } from './request-again.ts'

export interface PushRequestParts extends ReleaseParts {
  readonly projects: ProjectStore
  readonly repositories: Repositories
}

export type DeployingIntent = RefIntent & { readonly kind: 'deploy' | 'redeploy' | 'rollback' }

export interface PushRequest {
  readonly request: DeployRequest
  /** What it is, on one line: `main 4f2c1a9`. */
  readonly shown: string
}

/** Throws where the ref asks for what can't be. */
export async function toDeployRequest(
  parts: PushRequestParts,
  push: IncomingPush,
  asked: {
    readonly command: RefCommand
    readonly intent: DeployingIntent
    readonly options: DeploymentOptions
  },
): Promise<PushRequest> {
  const { command, intent, options } = asked
  const common = { project: push.project, actor: push.actor, options }
  switch (intent.kind) {
    case 'deploy': {
      const { branch } = intent
      const commit = command.newOid
      const check = (): Promise<void> => refuseMovedRef(parts, push, command)
      // Also at once: a push that can't go on must not replace one that can.
      await check()
      return {
        request: {
          ...common,
          trigger: 'push',
          commit,
          branch,
          ...(options.detach ? {} : { check }),
        },
        shown: `${branch} ${shortOid(commit)}`,
      }
    }
    case 'redeploy': {
      const { branch } = intent
      const request = await requestRedeploy(parts, common, branch)
      return { request, shown: `${branch} ${shortOid(request.commit)} again` }
    }
    case 'rollback': {
      const request = await requestRollback(parts, common, intent.to)
      const { commit, rollbackTo } = request
      return {
        request,
        shown: `back to release v${rollbackTo}${commit === null ? '' : ` (${shortOid(commit)})`}`,
      }
    }
  }
}

/** Another push may have gone live in the time that this one waited. */
async function refuseMovedRef(
  { projects, repositories }: PushRequestParts,
  { project }: IncomingPush,
  { ref, oldOid, newOid }: RefCommand,
): Promise<void> {
  if (projects.find(project.id) === null) throw new SlipwayError('project_gone')
  const oid = (await repositories.readRef(project.id, ref)) ?? zeroOid
  const branch = branchOfRef(ref) ?? ref
  if (oid === newOid) throw new SlipwayError('already_there', { branch })
  if (oid !== oldOid) throw new SlipwayError('ref_moved', { branch })
}
