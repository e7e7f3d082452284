/**
 * The logs of projects in pages, each read and written out once for all who follow: a thousand
 * followers cost one query a page, and the bytes of one. A follower keeps its place, and nothing
 * that it has not asked for.
 */
import type { EventLog } from '../../contracts.ts'
import type { DeploymentEvent } from '../../domain/deployment.ts'
import type { ProjectId } from '../../domain/names.ts'
import { presentEvent } from '../present.ts'
import { renderTextFrame } from './text-frame.ts'

/** Where somebody is in a log. */
export interface LogPlace {
  readonly projectId: ProjectId
  /** Null: of all deployments. */
  readonly deployment: number | null
  /** The `seq` of the last event that is known; 0 for none. */
  readonly after: number
}

/** Hears of each follower, of whom the log itself sees one a project. */
export interface FollowObserver {
  readonly onFollow?: () => void
  readonly onUnfollow?: () => void
}

export class LogPages {
  readonly #events: EventLog
  readonly #observer: FollowObserver
  readonly #topics = new Map<ProjectId, Topic>()

  constructor(events: EventLog, observer: FollowObserver = {}) {
    this.#events = events
    this.#observer = observer
  }

  /** `onMore` is called for each batch that is appended and has something for this place. */
  follow(place: LogPlace, onMore: () => void): LogCursor {
    const { projectId } = place
    const topic = this.#topics.get(projectId) ?? new Topic(this.#events, projectId)
    this.#topics.set(projectId, topic)
    const cursor = new LogCursor(topic, place, {
      onMore,
      onStop: () => {
        if (topic.cursors.delete(cursor)) this.#observer.onUnfollow?.()
        if (topic.cursors.size > 0 || this.#topics.get(projectId) !== topic) return
        topic.stop()
        this.#topics.delete(projectId)
      },
    })
    topic.cursors.add(cursor)
    this.#observer.onFollow?.()
    return cursor
  }
}

/** One who follows. Stopped by who made it; nothing tells it that the project is gone. */
export class LogCursor {
  readonly #topic: Topic
  readonly #deployment: number | null
  readonly #on: { readonly onMore: () => void; readonly onStop: () => void }
  #after: number
  #hasMore = true

  constructor(
    topic: Topic,
    { deployment, after }: LogPlace,
    on: { readonly onMore: () => void; readonly onStop: () => void },
  ) {
    this.#topic = topic
    this.#deployment = deployment
    this.#after = after
    this.#on = on
  }

  /** False where `next` would answer null. */
  get hasMore(): boolean {
    return this.#hasMore
  }

  /** Goes on by one page; null where all is read. */
  next(): LogPage | null {
    if (!this.#hasMore) return null
    const page = this.#topic.read(this.#deployment, this.#after)
    this.#hasMore = !page.isNewest
    if (page.events.length === 0) return null
    this.#after = page.last
    return page
  }

  /** To be called by its topic only. */
  notice(events: readonly DeploymentEvent[]): void {
    const deployment = this.#deployment
    if (deployment !== null && !events.some((one) => one.deployment === deployment)) return
    this.#hasMore = true
    this.#on.onMore()
  }

  stop(): void {
    this.#on.onStop()
  }
}

export class LogPage {
  readonly events: readonly DeploymentEvent[]
  /** Nothing came after it when it was read. */
  readonly isNewest: boolean
  #frames: Buffer | null = null

  constructor(events: readonly DeploymentEvent[], isNewest: boolean) {
    this.events = events
    this.isNewest = isNewest
  }

  /** The `seq` of the last event. */
  get last(): number {
    return this.events.at(-1)?.seq ?? 0
  }

  /** One text frame each, one after the other. */
  get frames(): Buffer {
    this.#frames ??= Buffer.concat(
      this.events.map((event) => renderTextFrame(JSON.stringify(presentEvent(event)))),
    )
    return this.#frames
  }
}

/** The log of one project, as long as somebody follows it. */
class Topic {
  readonly cursors = new Set<LogCursor>()
  readonly stop: () => void
  readonly #events: EventLog
  readonly #projectId: ProjectId
  /** The page that was asked for last is the last. */
  readonly #pages = new Map<string, LogPage>()

  constructor(events: EventLog, projectId: ProjectId) {
    this.#events = events
    this.#projectId = projectId
    this.stop = events.follow(projectId, (batch) => {
      this.#forgetNewest()
      for (const cursor of this.cursors) cursor.notice(batch)
    }).stop
  }

  read(deployment: number | null, after: number): LogPage {
    const key = `${deployment ?? ''} ${after}`
    const page = this.#pages.get(key) ?? this.#readPage(deployment, after)
    this.#pages.delete(key)
    this.#pages.set(key, page)
    const [oldest] = this.#pages.keys()
    if (this.#pages.size > pagesKept && oldest !== undefined) this.#pages.delete(oldest)
    return page
  }

  #readPage(deployment: number | null, after: number): LogPage {
    const found = this.#events.read(this.#projectId, {
      after,
      limit: pageEventsMax,
      ...(deployment === null ? {} : { deployment }),
    })
    let length = 0
    const over = found.findIndex(({ text }, index) => {
      length += text.length
      return index > 0 && length > pageLengthMax
    })
    const taken = over === -1 ? found : found.slice(0, over)
    return new LogPage(taken, over === -1 && found.length < pageEventsMax)
  }

  /** What is whole never changes; what is not may have got an end. */
  #forgetNewest(): void {
    for (const [key, page] of this.#pages) if (page.isNewest) this.#pages.delete(key)
  }
}

const pageEventsMax = 100
/** Characters of text: what a follower that reads nothing may hold of one page. */
const pageLengthMax = 65_536
/** Of one project: those who replay it at once are near each other, or read for themselves. */
const pagesKept = 8
