/** What the deployer is asked for by one ref of a push. */
import type { IncomingPush, ProjectStore, Repositories } from '../contracts.ts'
import type { DeploymentOptions } from '../domain/deployment.ts'
import { SlipwayError } from '../domain/errors.ts'
import { branchOfRef, type Oid, shortOid, zeroOid } from '../domain/names.ts'
import type { RefCommand, RefIntent } from '../domain/push.ts'
import type { DeployRequest } from './deployer.ts'
import { findRollbackTarget, type ReleaseParts } from './releases.ts'

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
      const commit = await findLiveBranch(parts, push, branch)
      const check = (): Promise<void> => refuseOvertaken(parts, push, { branch, commit })
      return {
        request: { ...common, trigger: 'redeploy', commit, branch, check },
        shown: `${branch} ${shortOid(commit)} again`,
      }
    }
    case 'rollback': {
      const { release, commit, branch } = await findRollbackTarget(parts, push.project, intent.to)
      // It takes no longer than to queue it.
      const waited = { ...options, detach: false }
      return {
        request: {
          ...common,
          trigger: 'rollback',
          options: waited,
          commit,
          branch,
          rollbackTo: release,
        },
        shown: `back to release v${release}${commit === null ? '' : ` (${shortOid(commit)})`}`,
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

/** A push that went live while this waited must not be replaced by the commit from before it. */
async function refuseOvertaken(
  { repositories }: PushRequestParts,
  { project }: IncomingPush,
  { branch, commit }: { readonly branch: string; readonly commit: Oid },
): Promise<void> {
  const oid = await repositories.readRef(project.id, `refs/heads/${branch}`)
  if (oid !== commit) throw new SlipwayError('ref_moved', { branch })
}

async function findLiveBranch(
  { repositories }: PushRequestParts,
  { project }: IncomingPush,
  branch: string,
): Promise<Oid> {
  const commit = await repositories.readRef(project.id, `refs/heads/${branch}`)
  if (commit === null) throw new SlipwayError('redeploy_unknown_branch', { branch })
  if (branch !== project.productionBranch) {
    throw new SlipwayError('redeploy_never_live', { branch, production: project.productionBranch })
  }
  return commit
}
