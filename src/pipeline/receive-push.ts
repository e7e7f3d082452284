/**
 * What a push does: decides for each ref, runs the deployment that it asks for in front of the
 * pusher, and keeps the project's lock until git has moved the ref.
 */
import type { ArrivedPush, EventLog, IncomingPush, PushHandler, Tell } from '../contracts.ts'
import { SlipwayError, toErrorFacts } from '../domain/errors.ts'
import { branchOfRef, zeroOid } from '../domain/names.ts'
import { ProgressLines, showLive } from '../domain/progress-lines.ts'
import type { Project } from '../domain/project.ts'
import {
  parsePushOptions,
  type PushOptions,
  readIntents,
  type RefCommand,
  type RefIntent,
  type RefReport,
} from '../domain/push.ts'
import type { Deployer, DeployRequest, RunningDeployment } from './deployer.ts'
import { type DeployingIntent, type PushRequestParts, toDeployRequest } from './push-request.ts'

export interface PushParts extends PushRequestParts {
  readonly events: EventLog
  readonly deployer: Deployer
}

/** What one push waits for: git's word on the ref that it deployed. */
interface Unsettled {
  readonly command: RefCommand
  readonly becomesProduction: boolean
  readonly moved: PromiseWithResolvers<void>
  /** Null where nothing is deployed. */
  readonly running: RunningDeployment | null
}

/** One push in the middle of its receive. */
interface Reception {
  readonly push: ArrivedPush
  readonly options: PushOptions
  readonly tell: Tell
  readonly signal: AbortSignal
}

export class PushReceiver implements PushHandler {
  readonly #parts: PushParts
  readonly #unsettled = new Map<string, Unsettled>()

  constructor(parts: PushParts) {
    this.#parts = parts
  }

  async inspect(push: IncomingPush): Promise<void> {
    const options = parsePushOptions(push.options)
    const intents = await this.#readIntents(push)
    const deploying = [...intents].filter(([, intent]) => isDeploying(intent))
    if (deploying.length > 1) {
      const refs = deploying.map(([{ ref }]) => ref).join(' or ')
      throw new SlipwayError('several_deploying_refs', { refs })
    }
    for (const [{ ref, newOid }, { kind }] of deploying) {
      if (kind !== 'deploy' && options.skip) {
        throw new SlipwayError('push_option_conflict', { first: 'skip', second: ref })
      }
      if (kind !== 'deploy' || options.skip) continue
      await this.#parts.repositories.listTree(push.project.id, newOid, push.quarantine)
    }
  }

  async receive(push: ArrivedPush, tell: Tell, signal: AbortSignal): Promise<readonly RefReport[]> {
    const reception: Reception = { push, tell, signal, options: parsePushOptions(push.options) }
    const intents = await this.#readIntents(push)
    let isDoomed = push.atomic && [...intents.values()].some(({ kind }) => kind === 'decline')
    const reports: RefReport[] = []
    for (const [command, intent] of deployingFirst(intents)) {
      const report: RefReport =
        isDoomed && intent.kind !== 'decline'
          ? { ref: command.ref, verdict: 'decline', reason: 'another ref of this push is declined' }
          : await this.#receiveRef(reception, command, intent)
      isDoomed ||= push.atomic && report.verdict === 'decline'
      reports.push(report)
    }
    return reports
  }

  async settle(push: ArrivedPush): Promise<void> {
    const unsettled = this.#unsettled.get(push.id)
    if (unsettled === undefined) return
    this.#unsettled.delete(push.id)
    const { command, becomesProduction, moved, running } = unsettled
    const branch = branchOfRef(command.ref) ?? ''
    const oid = await this.#parts.repositories.readRef(push.project.id, command.ref)
    if (oid === command.newOid) {
      if (becomesProduction) await this.#makeProduction(push.project, branch)
      moved.resolve()
    } else {
      moved.reject(new SlipwayError('ref_moved', { branch }))
    }
    if (running?.deployment.options.detach === false) await running.done
  }

  async #receiveRef(
    reception: Reception,
    command: RefCommand,
    intent: RefIntent,
  ): Promise<RefReport> {
    const { ref } = command
    const { tell, options } = reception
    const progress = new ProgressLines()
    try {
      if (intent.kind === 'decline') throw intent.error
      if (intent.kind === 'store') {
        tell(describeStored(command))
        return { ref, verdict: 'move' }
      }
      if (options.skip && intent.kind === 'deploy') {
        tell(`  ${intent.branch} is stored, and nothing is deployed (-o skip).`)
        this.#expectMove(reception, {
          command,
          intent,
          moved: Promise.withResolvers(),
          running: null,
        })
        return { ref, verdict: 'move' }
      }
      await this.#deploy(reception, { command, intent, progress })
      return { ref, verdict: intent.kind === 'deploy' ? 'move' : 'done' }
    } catch (error) {
      const facts = toErrorFacts(error, `the push of ${ref}`, 'git')
      for (const line of progress.showFailure(facts)) tell(line)
      return { ref, verdict: 'decline', reason: facts.message }
    }
  }

  #expectMove(
    { push, tell }: Reception,
    {
      intent: { becomesProduction, branch },
      ...expected
    }: Omit<Unsettled, 'becomesProduction'> & { readonly intent: RefIntent & { kind: 'deploy' } },
  ): void {
    if (becomesProduction) tell(`  ${branch} becomes the production branch.`)
    // Whoever waits for git hears of a ref that did not move; nobody may.
    expected.moved.promise.catch(() => undefined)
    this.#unsettled.set(push.id, { ...expected, becomesProduction })
  }

  /** Returns when the site is live, or the deployment is queued for one who does not wait. */
  async #deploy(
    reception: Reception,
    asked: {
      readonly command: RefCommand
      readonly intent: DeployingIntent
      readonly progress: ProgressLines
    },
  ): Promise<void> {
    const { push, tell } = reception
    const { command, intent, progress } = asked
    const { skip: _skip, ...options } = reception.options
    const { request, shown } = await toDeployRequest(this.#parts, push, {
      command,
      intent,
      options,
    })
    const live = Promise.withResolvers<void>()
    const moved = Promise.withResolvers<void>()
    const running = this.#parts.deployer.deploy(
      intent.kind === 'deploy' ? waitForGit(request, { live, moved, tell }) : request,
    )
    const { number } = running.deployment
    for (const line of ['', `  ${push.project.slug}  ${shown} → v${number}`, '']) tell(line)
    if (intent.kind === 'deploy') {
      this.#expectMove(reception, { command, intent, moved, running })
    }
    if (running.deployment.options.detach) {
      // Its failure is on record, and nobody waits here to be told.
      running.done.catch(() => undefined)
      tell(`  v${number} is queued; how it goes is told by: slipway status ${push.project.slug}`)
      return
    }
    try {
      await this.#watch(reception, running, { live: live.promise, progress })
    } catch (error) {
      this.#unsettled.delete(push.id)
      throw error
    }
  }

  /** Shows a deployment to its pusher until it is live; one who leaves or may no more cancels it. */
  async #watch(
    { push, tell, signal }: Reception,
    { deployment, done }: RunningDeployment,
    { live, progress }: { readonly live: Promise<void>; readonly progress: ProgressLines },
  ): Promise<void> {
    const follower = this.#parts.events.follow(push.project.id, (events) => {
      for (const event of events) {
        if (event.deployment !== deployment.number) continue
        for (const line of progress.show(event)) tell(line)
      }
    })
    const leave = (): void => {
      const reason: unknown = signal.reason
      this.#parts.deployer.cancel(
        deployment,
        reason instanceof SlipwayError ? reason : new SlipwayError('push_abandoned'),
      )
    }
    signal.addEventListener('abort', leave)
    if (signal.aborted) leave()
    try {
      await Promise.race([live, done])
    } finally {
      signal.removeEventListener('abort', leave)
      follower.stop()
    }
  }

  async #readIntents({ project, commands }: IncomingPush): Promise<Map<RefCommand, RefIntent>> {
    const { productionBranch, id } = project
    const { repositories } = this.#parts
    const hasBranches =
      (await repositories.readRef(id, `refs/heads/${productionBranch}`)) !== null ||
      (await repositories.hasBranches(id))
    return readIntents(commands, { productionBranch, hasBranches })
  }

  async #makeProduction({ id }: Project, branch: string): Promise<void> {
    this.#parts.projects.update(id, { productionBranch: branch })
    await this.#parts.repositories.setHead(id, branch)
  }
}

/** The lock is held until git has moved the ref; one who does not wait lets it move before. */
function waitForGit(
  request: DeployRequest,
  {
    live,
    moved,
    tell,
  }: {
    readonly live: PromiseWithResolvers<void>
    readonly moved: PromiseWithResolvers<void>
    readonly tell: Tell
  },
): DeployRequest {
  if (request.options.detach) return { ...request, check: () => moved.promise }
  const confirm = (text: string): Promise<void> => {
    for (const line of showLive(text)) tell(line)
    live.resolve()
    return moved.promise
  }
  return { ...request, confirm }
}

/** Nobody is told that a branch is stored before it is known what becomes of the push. */
function deployingFirst(
  intents: ReadonlyMap<RefCommand, RefIntent>,
): readonly (readonly [RefCommand, RefIntent])[] {
  const entries = [...intents]
  const isFirst = ([, intent]: readonly [RefCommand, RefIntent]): boolean => isDeploying(intent)
  return [...entries.filter(isFirst), ...entries.filter((entry) => !isFirst(entry))]
}

function isDeploying(intent: RefIntent): intent is DeployingIntent {
  return intent.kind === 'deploy' || intent.kind === 'redeploy' || intent.kind === 'rollback'
}

function describeStored({ ref, newOid }: RefCommand): string {
  const name = ref.replace(/^refs\/(heads|tags)\//, '')
  const kind = ref.startsWith('refs/tags/') ? 'tag' : 'branch'
  return newOid === zeroOid
    ? `  ${kind} ${name} is removed.`
    : `  ${kind} ${name} is stored, not deployed: only the production branch goes live.`
}
