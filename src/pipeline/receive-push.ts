/**
 * What a push does: decides for each ref, runs the deployment of the one that goes live, and keeps
 * the project's lock until git has moved the ref. Knows git only by the contracts.
 */
import type {
  EventLog,
  IncomingPush,
  ProjectStore,
  PushHandler,
  Repositories,
  Tell,
} from '../contracts.ts'
import { SlipwayError, toErrorFacts } from '../domain/errors.ts'
import { branchOfRef, type Oid, shortOid, zeroOid } from '../domain/names.ts'
import {
  parsePushOptions,
  type PushOptions,
  readIntents,
  type RefCommand,
  type RefIntent,
  type RefReport,
} from '../domain/push.ts'
import type { Project } from '../domain/project.ts'
import type { Deployer, RunningDeployment } from './deployer.ts'
import { ProgressLines } from './show-progress.ts'

export interface PushParts {
  readonly projects: ProjectStore
  readonly repositories: Repositories
  readonly events: EventLog
  readonly deployer: Deployer
}

/** A deployment that waits for git to move the ref. */
interface PendingRef {
  readonly command: RefCommand
  readonly becomesProduction: string | null
  readonly running: RunningDeployment
  readonly settled: PromiseWithResolvers<void>
}

export function createPushHandler(parts: PushParts): PushHandler {
  const pending = new Map<string, PendingRef>()

  return {
    inspect: async (push) => {
      parsePushOptions(push.options)
      const intents = await intentsOf(parts, push)
      const deploying = [...intents].filter(([, intent]) => startsDeployment(intent))
      if (deploying.length > 1) {
        const refs = deploying.map(([{ ref }]) => ref).join(' or ')
        throw new SlipwayError('several_deploying_refs', { refs })
      }
      for (const [{ newOid }] of deploying) {
        await parts.repositories.listTree(push.project.id, newOid, push.quarantine)
      }
    },

    receive: async (push, tell, signal) => {
      const options = parsePushOptions(push.options)
      const reports: RefReport[] = []
      for (const [command, intent] of await intentsOf(parts, push)) {
        reports.push(await receiveRef({ command, intent, options }))
      }
      return reports

      async function receiveRef(asked: AskedRef): Promise<RefReport> {
        const { command, intent } = asked
        switch (intent.kind) {
          case 'store':
            tell(describeStored(command))
            return { ref: command.ref, verdict: 'move' }
          case 'decline':
            for (const line of ['', `  ${intent.error.message}`, `  ${intent.error.hint}`, ''])
              tell(line)
            return { ref: command.ref, verdict: 'decline', reason: intent.error.message }
          case 'deploy':
            if (options.skip) {
              tell(`  ${intent.branch} is stored; nothing is deployed (-o skip).`)
              return { ref: command.ref, verdict: 'move' }
            }
            return deployRef(asked, intent)
          case 'redeploy':
          case 'rollback':
            throw new SlipwayError('ref_name_refused', { ref: command.ref })
        }
      }

      async function deployRef(
        { command, options: { skip: _skip, ...options } }: AskedRef,
        intent: RefIntent & { kind: 'deploy' },
      ): Promise<RefReport> {
        const live = Promise.withResolvers<void>()
        const settled = Promise.withResolvers<void>()
        const running = parts.deployer.deploy({
          project: push.project,
          trigger: 'push',
          commit: command.newOid,
          branch: intent.branch,
          actor: push.actor,
          options,
          check: () => refuseMovedRef(parts, push, command),
          confirm: () => {
            live.resolve()
            return settled.promise
          },
        })
        tell('')
        tell(
          `  ${push.project.slug}  ${intent.branch} ${shortOid(command.newOid)} → v${running.deployment.number}`,
        )
        if (intent.becomesProduction) tell(`  ${intent.branch} becomes the production branch.`)
        tell('')
        const progress = new ProgressLines()
        const follower = followDeployment(parts.events, running, { progress, tell })
        const leave = (): void => {
          parts.deployer.cancel(running.deployment, new SlipwayError('push_abandoned'))
        }
        signal.addEventListener('abort', leave)
        if (signal.aborted) leave()
        try {
          await Promise.race([live.promise, running.done])
        } catch (error) {
          const facts = toErrorFacts(error, `v${running.deployment.number}`)
          for (const line of progress.showFailure(facts)) tell(line)
          return { ref: command.ref, verdict: 'decline', reason: facts.message }
        } finally {
          signal.removeEventListener('abort', leave)
          follower.stop()
        }
        const becomesProduction = intent.becomesProduction ? intent.branch : null
        pending.set(push.id, { command, becomesProduction, running, settled })
        return { ref: command.ref, verdict: 'move' }
      }
    },

    settle: async (push) => {
      const waiting = pending.get(push.id)
      if (waiting === undefined) return
      pending.delete(push.id)
      const { command, becomesProduction, running, settled } = waiting
      const oid = await parts.repositories.readRef(push.project.id, command.ref)
      if (oid === command.newOid) {
        if (becomesProduction !== null) await makeProduction(parts, push.project, becomesProduction)
        settled.resolve()
      } else {
        settled.reject(new SlipwayError('ref_moved', { branch: branchOfRef(command.ref) ?? '' }))
      }
      await running.done
    },
  }
}

interface AskedRef {
  readonly command: RefCommand
  readonly intent: RefIntent
  readonly options: PushOptions
}

async function intentsOf(
  { repositories }: PushParts,
  { project, commands }: IncomingPush,
): Promise<ReadonlyMap<RefCommand, RefIntent>> {
  const ref = `refs/heads/${project.productionBranch}`
  const oid = await repositories.readRef(project.id, ref)
  const { productionBranch } = project
  return readIntents(commands, { productionBranch, productionExists: oid !== null })
}

function startsDeployment({ kind }: RefIntent): boolean {
  return kind === 'deploy' || kind === 'redeploy' || kind === 'rollback'
}

/** Another push may have been live in the time that this one waited. */
async function refuseMovedRef(
  { projects, repositories }: PushParts,
  { project }: IncomingPush,
  { ref, oldOid }: RefCommand,
): Promise<void> {
  if (projects.find(project.id) === null) throw new SlipwayError('project_gone')
  const oid: Oid = (await repositories.readRef(project.id, ref)) ?? zeroOid
  if (oid !== oldOid) throw new SlipwayError('ref_moved', { branch: branchOfRef(ref) ?? ref })
}

function followDeployment(
  events: EventLog,
  { deployment }: RunningDeployment,
  { progress, tell }: { readonly progress: ProgressLines; readonly tell: Tell },
): { readonly stop: () => void } {
  return events.follow(deployment.projectId, (batch) => {
    for (const event of batch) {
      if (event.deployment === deployment.number)
        for (const line of progress.show(event)) tell(line)
    }
  })
}

async function makeProduction(
  { projects, repositories }: PushParts,
  project: Project,
  branch: string,
): Promise<void> {
  projects.update(project.id, { productionBranch: branch })
  await repositories.setHead(project.id, branch)
}

function describeStored({ ref, newOid }: RefCommand): string {
  const name = ref.replace(/^refs\/(heads|tags)\//, '')
  const kind = ref.startsWith('refs/tags/') ? 'tag' : 'branch'
  return newOid === zeroOid
    ? `  ${kind} ${name} is removed.`
    : `  ${kind} ${name} is stored, not deployed: only the production branch goes live.`
}
