/**
 * How often who may ask. Each has a bucket that empties by one a request and fills up again evenly
 * over a minute; the memory for all of them is bounded, and a full bucket is not kept.
 */

export interface RateLimitOptions {
  /** What a full bucket holds, and what flows into it in a minute. */
  readonly perMinute: number
  /** Buckets that are kept; of the others, those that were asked last stay. */
  readonly keysMax: number
  /** In milliseconds; may stand still, never goes back. */
  readonly now: () => number
}

interface Bucket {
  level: number
  at: number
}

export class RateLimit {
  readonly #options: RateLimitOptions
  /** The one that was asked last is the last. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: RateLimitOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#buckets.size
  }

  /**
   * Takes one where there is one, and answers 0; else answers in how many seconds there will be.
   * `reserve` are left to those who ask for none.
   */
  take(key: string, reserve = 0): number {
    const { perMinute, keysMax, now } = this.#options
    const at = now()
    const known = this.#buckets.get(key)
    const filled = known === undefined ? perMinute : known.level + this.#flow(at - known.at)
    const level = Math.min(perMinute, filled)
    const isEnough = level >= 1 + reserve
    this.#buckets.delete(key)
    this.#buckets.set(key, { level: isEnough ? level - 1 : level, at })
    this.#forgetSome(at)
    if (this.#buckets.size > keysMax) this.#forgetOldest()
    return isEnough ? 0 : Math.max(1, Math.ceil(((1 + reserve - level) / perMinute) * 60))
  }

  #flow(ms: number): number {
    return (Math.max(0, ms) / 60_000) * this.#options.perMinute
  }

  /** Two for each one that may come, so that what is full goes sooner than it comes. */
  #forgetSome(at: number): void {
    const { perMinute } = this.#options
    let looked = 0
    for (const [key, bucket] of this.#buckets) {
      if (looked === 2 || bucket.level + this.#flow(at - bucket.at) < perMinute) return
      this.#buckets.delete(key)
      looked += 1
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
