/**
 * The projects that have a file of their own for nginx. A file is tried before it takes its place,
 * and what nginx does not take after all is put back as it was; who waits for the same reload with
 * a good file goes on.
 */
import type { Config } from '../../config.ts'
import { SlipwayError } from '../../domain/errors.ts'
import type { HostName, Slug } from '../../domain/names.ts'
import type { Nginx } from '../nginx.ts'
import {
  emptyVhost,
  isShown,
  type Kept,
  type ReleaseRules,
  type Vhost,
  withoutRelease,
  withRelease,
} from './vhost.ts'
import type { VhostFiles } from './vhost-files.ts'
import type { VhostRecords } from './vhost-records.ts'

export interface VhostsParts {
  readonly limits: Config['limits']
  readonly nginx: Pick<Nginx, 'reload' | 'test' | 'tryVhost'>
  readonly files: VhostFiles
  readonly records: VhostRecords
  readonly render: (vhost: Vhost) => string
  /** Gets what went wrong while nobody waited for it. */
  readonly logError: (message: string, error: unknown) => void
}

export class Vhosts {
  readonly #parts: VhostsParts
  readonly #known = new Map<Slug, Vhost>()
  readonly #later = new Set<Promise<void>>()
  /** Their files are in place, and nginx was not seen to have them yet. */
  readonly #awaited = new Set<Placed>()
  #sifted: unknown = null
  #hasEnded = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: VhostsParts) {
    this.#parts = parts
  }

  /**
   * When it resolves, nginx shows the release by its rules as soon as it is live; answers whether
   * that took a reload. `tellWait` is told the milliseconds where it has to wait for its turn. Throws
   * `nginx_refused`.
   */
  async bring(
    wanted: {
      readonly slug: Slug
      readonly release: ReleaseRules
      /** Where the project has no file yet; from then on they come and go by themselves. */
      readonly hosts: () => readonly HostName[]
      readonly readKept: () => Promise<Kept>
    },
    tellWait: (ms: number) => void,
  ): Promise<boolean> {
    const { slug, release } = wanted
    const before = this.#known.get(slug) ?? null
    const isGood = isShown(before, release)
    if (before === null && isGood) return false
    const { limits } = this.#parts
    const kept = await wanted.readKept()
    const change: Change = (vhost) =>
      withRelease(vhost ?? emptyVhost(slug, wanted.hosts()), release, { kept, limits })
    const isNeeded = change(before) !== null
    if (!isNeeded) this.#changeLater(slug, change)
    else if (!isGood) await this.#change(slug, change, tellWait)
    return isNeeded && !isGood
  }

  /** Forgets a release that did not go live after all. Does not wait for nginx. */
  async takeBack(slug: Slug, number: number, readKept: () => Promise<Kept>): Promise<void> {
    if (!this.#known.has(slug)) return
    const kept = await readKept()
    this.#changeLater(slug, (vhost) => vhost && withoutRelease(vhost, number, kept))
  }

  /** Does not wait for nginx: until it knows, the host is served without the rules. */
  addHost(slug: Slug, host: HostName): void {
    this.#changeLater(slug, (vhost) =>
      vhost === null || vhost.hosts.includes(host)
        ? vhost
        : { ...vhost, hosts: [...vhost.hosts, host] },
    )
  }

  removeHost(host: HostName): void {
    // It may be about to get it.
    const findHolder = (): Slug | null =>
      [...this.#known.values()].find(({ hosts }) => hosts.includes(host))?.slug ?? null
    this.#changeLater(findHolder, (vhost) => {
      const hosts = (vhost?.hosts ?? []).filter((one) => one !== host)
      return vhost === null || hosts.length === 0 ? null : { ...vhost, hosts }
    })
  }

  remove(slug: Slug): void {
    this.#changeLater(slug, () => null)
  }

  /** Before nginx starts: what is on disk is as this version writes it, for all that there are. */
  async mend(isProject: (slug: Slug) => boolean): Promise<void> {
    const { files, records, render, logError } = this.#parts
    for (const vhost of await records.list()) {
      const { slug } = vhost
      if (!isProject(slug)) {
        await records.remove(slug)
        continue
      }
      try {
        const text = render(vhost)
        if ((await files.read(slug)) !== text) await files.write(slug, text)
        this.#known.set(slug, vhost)
      } catch (error) {
        logError(`the headers and redirects of ${slug} can not be written`, error)
      }
    }
    for (const slug of await files.list()) {
      if (!this.#known.has(slug)) await files.write(slug, null)
    }
  }

  /**
   * For an nginx that does not start: leaves out the file that it complains of, or all of them where
   * it names none. Answers whether there is something to be gained by trying again.
   */
  async setAside(error: unknown): Promise<boolean> {
    const { files, logError } = this.#parts
    if (!(error instanceof SlipwayError) || this.#known.size === 0) return false
    const named = files.findNamed(error.message)
    for (const slug of named === null ? [...this.#known.keys()] : [named]) {
      await files.write(slug, null)
      this.#known.delete(slug)
      logError(`${slug} is served without its headers and redirects`, error)
    }
    return true
  }

  /** From now on nothing is tried again: nginx is about to stop. */
  end(): void {
    this.#hasEnded = true
  }

  /** Waits for what goes on while nobody waits for it. */
  async settle(): Promise<void> {
    while (this.#later.size > 0) await Promise.all(this.#later)
  }

  #changeLater(whose: Slug | FindSlug, change: Change): void {
    const changing = this.#change(whose, change, () => undefined).catch((error: unknown) => {
      const of = typeof whose === 'string' ? ` of ${whose}` : ''
      this.#parts.logError(`the headers and redirects${of} are as they were before`, error)
    })
    this.#later.add(changing)
    void changing.finally(() => this.#later.delete(changing))
  }

  async #change(
    whose: Slug | FindSlug,
    change: Change,
    tellWait: (ms: number) => void,
  ): Promise<void> {
    const { nginx } = this.#parts
    const placed = await this.#inTurn(async () => {
      const slug = typeof whose === 'string' ? whose : whose()
      return slug === null ? null : this.#place(slug, change)
    })
    if (placed === null) return
    this.#awaited.add(placed)
    try {
      await nginx.reload(tellWait).catch(async (error: unknown) => {
        if (this.#hasEnded) throw error
        await this.#inTurn(() => this.#sift(error))
        if (placed.failure === null) await nginx.reload(tellWait)
      })
      if (placed.failure !== null) throw placed.failure
    } catch (error) {
      if (placed.failure === null) await this.#inTurn(() => this.#putBack(placed))
      throw error
    } finally {
      this.#awaited.delete(placed)
    }
  }

  /** Null where nothing changes. */
  async #place(slug: Slug, change: Change): Promise<Placed | null> {
    const { nginx, render } = this.#parts
    const before = this.#known.get(slug) ?? null
    const after = change(before)
    if (after === before) return null
    if (after !== null) await nginx.tryVhost(render(after))
    await this.#write(slug, after)
    return { slug, before, after, failure: null }
  }

  /** Finds out which of those that wait for a reload made it fail: each is tested with the others. */
  async #sift(error: unknown): Promise<void> {
    // Those who have waited for the same reload are told the same.
    if (this.#sifted === error) return
    this.#sifted = error
    const awaited = [...this.#awaited].filter(({ failure }) => failure === null)
    for (const placed of awaited.toReversed()) await this.#write(placed.slug, placed.before)
    await this.#mendNamed(error)
    for (const placed of awaited) {
      await this.#write(placed.slug, placed.after)
      try {
        await this.#parts.nginx.test()
      } catch (problem) {
        placed.failure = toError(problem)
        await this.#write(placed.slug, placed.before)
      }
    }
  }

  /** A file that somebody else has written into holds up nobody: it becomes what it should be. */
  async #mendNamed(error: unknown): Promise<void> {
    const { files, nginx, render } = this.#parts
    const slug = error instanceof SlipwayError ? files.findNamed(error.message) : null
    if (slug === null) return
    const vhost = this.#known.get(slug)
    const text = vhost === undefined ? null : render(vhost)
    if ((await files.read(slug)) === text) return
    await files.write(slug, text)
    // There may be another one.
    await nginx.test().catch((other: unknown) => this.#mendNamed(other))
  }

  /** Unless it has changed again meanwhile. */
  async #putBack({ slug, before, after }: Placed): Promise<void> {
    if ((this.#known.get(slug) ?? null) === after) await this.#write(slug, before)
  }

  async #write(slug: Slug, vhost: Vhost | null): Promise<void> {
    const { files, records, render } = this.#parts
    await files.write(slug, vhost === null ? null : render(vhost))
    if (vhost === null) {
      await records.remove(slug)
      this.#known.delete(slug)
    } else {
      await records.save(vhost)
      this.#known.set(slug, vhost)
    }
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const mine = this.#turn.then(work, work)
    this.#turn = mine.catch(() => undefined)
    return mine
  }
}

/** Asked for under the lock; answers what it was given where nothing is to change. */
type Change = (vhost: Vhost | null) => Vhost | null

/** Asked for under the lock, too. */
type FindSlug = () => Slug | null

interface Placed {
  readonly slug: Slug
  readonly before: Vhost | null
  readonly after: Vhost | null
  /** Why it is not there any more. */
  failure: Error | null
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
