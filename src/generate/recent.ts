/** What was made before and may be wanted again; what was asked for longest ago goes first. */

export class Recent<Value> {
  readonly #weightMax: number
  readonly #weigh: (value: Value, key: string) => number
  readonly #entries = new Map<string, { readonly value: Value; readonly weight: number }>()
  #weight = 0

  constructor(weightMax: number, weigh: (value: Value, key: string) => number) {
    this.#weightMax = weightMax
    this.#weigh = weigh
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    // A Map keeps the order of insertion: the last is the one that was asked for last.
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  set(key: string, value: Value): void {
    this.#remove(key)
    const weight = this.#weigh(value, key)
    this.#entries.set(key, { value, weight })
    this.#weight += weight
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#weightMax) return
      this.#remove(oldest)
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#weight -= entry.weight
  }
}
