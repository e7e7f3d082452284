/** Deployments of what is here already: the branch that is live once more, or an earlier release. */
import type { Repositories } from '../contracts.ts'
import type { DeploymentOptions } from '../domain/deployment.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { Oid } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import type { DeployRequest } from './deployer.ts'
import { findRollbackTarget, type ReleaseParts } from './releases.ts'
import type { SchemaPulls } from './schema-pulls.ts'

export interface AskedAgain {
  readonly project: Project
  readonly actor: string
  readonly options: DeploymentOptions
}

/**
 * The same after a look at the platform, which may have another schema by now: then that is deployed
 * instead. What has no commit yet gets its welcome page again. Throws what `requestRedeploy` throws.
 */
export async function requestPulledRedeploy(
  parts: { readonly repositories: Repositories; readonly pulls: Pick<SchemaPulls, 'refresh'> },
  asked: AskedAgain,
): Promise<DeployRequest> {
  const { id, productionBranch } = asked.project
  const hasCommit =
    (await parts.repositories.readRef(id, `refs/heads/${productionBranch}`)) !== null
  const request: DeployRequest = hasCommit
    ? await requestRedeploy(parts, asked, productionBranch)
    : { ...asked, trigger: 'welcome', commit: null, branch: productionBranch }
  return {
    ...request,
    check: async (tell) => {
      if (!(await parts.pulls.refresh(asked.project, tell))) await request.check?.(tell)
    },
  }
}

/** Throws `redeploy_unknown_branch` or `redeploy_never_live`. */
export async function requestRedeploy(
  parts: { readonly repositories: Repositories },
  asked: AskedAgain,
  branch: string,
): Promise<DeployRequest & { readonly commit: Oid }> {
  const { project } = asked
  const commit = await parts.repositories.readRef(project.id, `refs/heads/${branch}`)
  if (commit === null) throw new SlipwayError('redeploy_unknown_branch', { branch })
  if (branch !== project.productionBranch) {
    throw new SlipwayError('redeploy_never_live', { branch, production: project.productionBranch })
  }
  // A push that went live while this waited must not be replaced by the commit from before it.
  const check = async (): Promise<void> => {
    const oid = await parts.repositories.readRef(project.id, `refs/heads/${branch}`)
    if (oid !== commit) throw new SlipwayError('ref_moved', { branch })
  }
  return { ...asked, trigger: 'redeploy', commit, branch, check }
}

/** Throws what `findRollbackTarget` throws. */
export async function requestRollback(
  parts: ReleaseParts,
  asked: AskedAgain,
  to: 'previous' | number,
): Promise<DeployRequest & { readonly rollbackTo: number }> {
  const { project } = asked
  const { release, commit, branch } = await findRollbackTarget(parts, project, to)
  // Its files may have been on their way out as it was asked for, or be live by now. Refused before
  // it begins, it says nothing of the project's health.
  const check = async (): Promise<void> => {
    await findRollbackTarget(parts, project, release)
  }
  return {
    ...asked,
    trigger: 'rollback',
    // It takes no longer than to queue it.
    options: { ...asked.options, detach: false },
    commit,
    branch,
    rollbackTo: release,
    check,
  }
}
