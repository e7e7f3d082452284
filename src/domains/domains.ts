/**
 * The projects' own domains. Who shows in the zone of a name that it is theirs has the name; what is
 * proved and leads here is linked, and has a certificate asked for. All changes of what is served
 * are made one after the other, so that none is undone by one that began before it.
 */
import type { Domain, DomainFinding, DomainRecord, Domains, ProjectStore } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { HostName } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import { findLookalike, parseCustomHost, showHost, toAsciiHost } from './custom-host.ts'
import type { Judged } from './judge.ts'
import { DomainLinks, type LinksParts } from './links.ts'
import { valuesOf } from './observe.ts'
import { proofName, proofValue, wantedRecords } from './records.ts'
import { describeState, settleLook } from './settle.ts'
import { DomainSight, type SightParts } from './sight.ts'

export interface DomainsParts extends LinksParts, SightParts {
  readonly certificates: LinksParts['certificates']
  readonly projects: Pick<ProjectStore, 'find'>
  /** Of the platform itself, wherever they are. */
  readonly reservedHosts: readonly HostName[]
  /** Called when one was added, or is due sooner than it was. */
  readonly wake: () => void
  readonly now: () => Date
  readonly random: () => number
}

/** What a look found; `record` is null where the domain went meanwhile. */
export interface Looked {
  readonly record: DomainRecord | null
  readonly findings: readonly DomainFinding[]
}

export class CustomDomains implements Domains {
  readonly #parts: DomainsParts
  readonly #links: DomainLinks
  readonly #sight: DomainSight
  readonly #ending = new AbortController()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: DomainsParts) {
    this.#parts = parts
    this.#links = new DomainLinks(parts)
    this.#sight = new DomainSight(parts)
  }

  async list(project: Project): Promise<readonly Domain[]> {
    const records = this.#parts.store.list(project.id)
    return Promise.all(records.map((record) => this.#describe(project, record)))
  }

  async find(project: Project, host: string): Promise<Domain> {
    return this.#describe(project, this.#require(project, host))
  }

  async add(
    project: Project,
    wish: { readonly host: string; readonly redirectTo: string | null },
  ): Promise<{ readonly domain: Domain; readonly isNew: boolean }> {
    const { config, reservedHosts, store, wake } = this.#parts
    const host = parseCustomHost(wish.host, { ...config, reservedHosts })
    const target =
      wish.redirectTo === null ? null : this.#findTarget(project, host, wish.redirectTo)
    const holder = store.find(host)
    const isTaken = holder !== null && holder.projectId !== project.id
    const isOurs = isTaken && (await this.#isMovedTo(project, holder))
    const { isNew, record } = await this.#inTurn(async () => {
      if (isOurs) await this.#leave(holder)
      return this.#addOrChange(project, host, target)
    })
    wake()
    return { domain: await this.#describe(project, record), isNew }
  }

  async remove(project: Project, host: string): Promise<void> {
    await this.#inTurn(() => this.#links.forget(project, this.#require(project, host)))
  }

  async check(
    project: Project,
    host: string,
  ): Promise<{ readonly domain: Domain; readonly findings: readonly DomainFinding[] }> {
    const { certificates, now } = this.#parts
    const before = this.#require(project, host)
    // One that was damaged on disk is told of as that, and another is on its way.
    await certificates.check(before.host)
    const certificate = certificates.stateOf(before.host)
    const { record, findings } = await this.look(before, project)
    if (record === null) throw new SlipwayError('domain_not_found', { host: before.host })
    // Once a minute at most: the authority is not to be asked as often as people can press a key.
    const isRecent = now().getTime() - (before.checkedAt?.getTime() ?? 0) < 60_000
    if (record.problem === null && certificate.state === 'waiting' && !isRecent) {
      certificates.retry(before.host)
    }
    return { domain: await this.#describe(project, record), findings }
  }

  async link(project: Project): Promise<void> {
    await this.#inTurn(async () => {
      for (const record of this.#parts.store.list(project.id)) {
        await this.#links.link(project, record)
      }
    })
  }

  hostsOf(project: Project): readonly HostName[] {
    return this.#parts.store
      .list(project.id)
      .filter((record) => record.attachedAt !== null && this.#links.findRedirect(record) === null)
      .map(({ host }) => host)
  }

  async removeAll(project: Project): Promise<void> {
    await this.#inTurn(async () => {
      for (const record of this.#parts.store.list(project.id)) {
        await this.#links.forget(null, record)
      }
    })
  }

  /** Looks at the domain, and does what follows from what was found. */
  async look(record: DomainRecord, project: Project): Promise<Looked> {
    const judged = await this.#sight.see(project, record.host, this.#ending.signal)
    return {
      record: await this.#inTurn(() => this.#settle(project, record, judged)),
      findings: judged.findings,
    }
  }

  /**
   * Looks at what an authority would find, before it is asked for a certificate: a failure there
   * counts against limits that all of the server share. Throws with a sentence; of names that are no
   * domain of a project it knows nothing.
   */
  async preflight(host: HostName, signal: AbortSignal): Promise<void> {
    const { store, projects } = this.#parts
    const record = store.find(host)
    const project = record === null ? null : projects.find(record.projectId)
    if (record === null || project === null) return
    const { proof, pointing, caa } = await this.#sight.see(project, record.host, signal)
    const problem = proof ?? pointing ?? caa
    if (problem !== null) throw new Error(problem.text)
  }

  /** Ends what is being looked at; what is being changed is finished first. */
  async end(): Promise<void> {
    this.#ending.abort()
    await this.#turn
  }

  async #settle(
    project: Project,
    { host }: DomainRecord,
    judged: Judged,
  ): Promise<DomainRecord | null> {
    const { store, now, random } = this.#parts
    const known = store.find(host)
    if (known === null || known.projectId !== project.id) return null
    const settled = settleLook(known, judged, { now: now(), random: random() })
    store.save(settled)
    await this.#links.link(project, settled)
    const [was, is] = [known, settled].map(({ attachedAt }) => attachedAt !== null)
    if (was === true && is === false) await this.#links.unlink(settled)
    if (was !== is) {
      const redirecting = store.redirectingTo(host).map((record) => record.host)
      await this.#links.linkThoseRedirecting(project, redirecting)
    }
    return settled
  }

  async #addOrChange(
    project: Project,
    host: HostName,
    redirectTo: HostName | null,
  ): Promise<{ readonly record: DomainRecord; readonly isNew: boolean }> {
    const { store, now } = this.#parts
    const known = store.find(host)
    if (known === null) {
      const record = store.create({ host, projectId: project.id, redirectTo, createdAt: now() })
      return { record, isNew: true }
    }
    if (known.projectId !== project.id) throw this.#refuseTaken(project, host)
    const record = { ...known, redirectTo, nextCheck: now() }
    store.save(record)
    await this.#links.link(project, record)
    return { record, isNew: false }
  }

  /**
   * True where the zone says that the name is this project's, and no more that it is that of the one
   * which has it. Throws `domain_taken`.
   */
  async #isMovedTo(project: Project, { host, projectId }: DomainRecord): Promise<true> {
    const { projects, lookup, tokenOf } = this.#parts
    const values = valuesOf(await lookup.texts(proofName(host)))
    const other = projects.find(projectId)
    const isOthers = other !== null && values.includes(proofValue(tokenOf(other, host)))
    if (!isOthers && values.includes(proofValue(tokenOf(project, host)))) return true
    throw this.#refuseTaken(project, host)
  }

  /** It may have gone to somebody else meanwhile. */
  async #leave({ host, projectId }: DomainRecord): Promise<void> {
    const known = this.#parts.store.find(host)
    if (known === null || known.projectId !== projectId) return
    await this.#links.forget(this.#parts.projects.find(projectId), known)
  }

  #refuseTaken(project: Project, host: HostName): SlipwayError {
    const value = proofValue(this.#parts.tokenOf(project, host))
    return new SlipwayError('domain_taken', { host, record: proofName(host), value })
  }

  #findTarget(project: Project, host: HostName, text: string): HostName {
    const { store } = this.#parts
    const target = toAsciiHost(text)
    const refuse = (problem: string): never => {
      const named = target ?? text.slice(0, 100)
      throw new SlipwayError('domain_redirect_invalid', { host, target: named, problem })
    }
    const known = target === null ? null : store.find(target)
    if (known === null || known.projectId !== project.id) {
      return refuse('it is no domain of this project')
    }
    if (known.host === host) return refuse('it is the same')
    if (known.redirectTo !== null) return refuse(`it sends them on to ${known.redirectTo}`)
    if (store.redirectingTo(host).length > 0) return refuse('others are sent here')
    return known.host
  }

  #require(project: Project, text: string): DomainRecord {
    const host = toAsciiHost(text)
    const record = host === null ? null : this.#parts.store.find(host)
    if (record !== null && record.projectId === project.id) return record
    throw new SlipwayError('domain_not_found', { host: host ?? text.slice(0, 100) })
  }

  async #describe(project: Project, record: DomainRecord): Promise<Domain> {
    const { certificates, isCertified } = this.#parts
    const { host, redirectTo, createdAt, checkedAt, nextCheck } = record
    const certificate = certificates.stateOf(host)
    return {
      host,
      shown: showHost(host),
      ...describeState(record, certificate, isCertified),
      records: wantedRecords(await this.#sight.want(project, host)),
      warning: findLookalike(host),
      redirectTo,
      certificate,
      createdAt,
      checkedAt,
      nextCheck,
    }
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const mine = this.#turn.then(work, work)
    this.#turn = mine.catch(() => undefined)
    return mine
  }
}
