/**
 * Who is next: one deployment of a project at a time, and so many builds at once. Projects take
 * turns, so that one that pushes fifty times does not keep the others waiting.
 */

/**
 * What a waiting one is told, at first and whenever it changes: how many go before it. One that
 * can't be told, because this throws, waits no longer.
 */
export type OnPlace = (ahead: number) => void

interface Waiting {
  readonly key: string
  readonly onPlace: OnPlace
  readonly grant: () => void
  readonly refuse: (reason: unknown) => void
  told: number | null
}

export class TurnQueue {
  readonly #placesMax: number
  readonly #perKeyMax: number
  readonly #running: string[] = []
  #waiting: Waiting[] = []
  /** Grows with every turn that is given; the key with the oldest turn goes first. */
  #turn = 0
  readonly #lastTurn = new Map<string, number>()

  /** `placesMax` in all, `perKeyMax` of one key. */
  constructor(limits: { readonly placesMax: number; readonly perKeyMax: number }) {
    this.#placesMax = limits.placesMax
    this.#perKeyMax = limits.perKeyMax
  }

  get placesTaken(): number {
    return this.#running.length
  }

  /** Whoever comes now has to wait. */
  get isFull(): boolean {
    return this.placesTaken >= this.#placesMax
  }

  /** Waits for a place; disposing of it gives it back. Rejects with the signal's reason. */
  async take(key: string, signal: AbortSignal, onPlace: OnPlace): Promise<Disposable> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const entry: Waiting = { key, onPlace, grant: resolve, refuse: reject, told: null }
    const onAbort = (): void => {
      this.#waiting = this.#waiting.filter((other) => other !== entry)
      reject(signal.reason as Error)
      this.#advance()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#waiting.push(entry)
    this.#advance()
    try {
      await promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    return this.#place(key)
  }

  #place(key: string): Disposable {
    let isHeld = true
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return
        isHeld = false
        this.#running.splice(this.#running.indexOf(key), 1)
        this.#advance()
      },
    }
  }

  #advance(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#waiting = this.#waiting.filter((other) => other !== next)
      this.#running.push(next.key)
      this.#turn += 1
      this.#lastTurn.set(next.key, this.#turn)
      next.grant()
    }
    if (this.#waiting.length === 0 && this.#running.length === 0) this.#lastTurn.clear()
    this.#tellPlaces()
  }

  #next(): Waiting | undefined {
    if (this.isFull) return undefined
    return this.#order().find(({ key }) => this.#countRunning(key) < this.#perKeyMax)
  }

  /** All that wait, as they would be served: the keys in turn, each oldest first. */
  #order(): readonly Waiting[] {
    const served = new Map(this.#lastTurn)
    const remaining = [...this.#waiting]
    const order: Waiting[] = []
    let turn = this.#turn
    while (remaining.length > 0) {
      const oldest = remaining.reduce((best, other) =>
        (served.get(other.key) ?? 0) < (served.get(best.key) ?? 0) ? other : best,
      )
      remaining.splice(remaining.indexOf(oldest), 1)
      turn += 1
      served.set(oldest.key, turn)
      order.push(oldest)
    }
    return order
  }

  /** Where places are unlimited, only those of the same key stand in each other's way. */
  #tellPlaces(): void {
    const order = this.#order()
    for (const [index, waiting] of order.entries()) {
      const before = order.slice(0, index)
      const ahead = Number.isFinite(this.#placesMax)
        ? before.length + this.#running.length
        : before.filter(({ key }) => key === waiting.key).length + this.#countRunning(waiting.key)
      if (waiting.told === ahead) continue
      waiting.told = ahead
      try {
        waiting.onPlace(ahead)
      } catch (error) {
        // Somebody else's turn began or ended, and is not to blame.
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
        waiting.refuse(error)
      }
    }
  }

  #countRunning(key: string): number {
    return this.#running.filter((other) => other === key).length
  }
}
