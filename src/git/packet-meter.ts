/**
 * Measures the packet lines at the start of a push, which git keeps in memory without a limit of its
 * own, and nothing of the pack behind them.
 */
export class PacketMeter {
  #bytes = 0
  #digits = ''
  #bytesLeft = 0
  #isOver = false

  /** How many bytes of packet lines have come, with this part. */
  take(part: Buffer): number {
    for (let at = 0; at < part.length && !this.#isOver;) {
      if (this.#bytesLeft > 0) {
        const step = Math.min(this.#bytesLeft, part.length - at)
        this.#bytesLeft -= step
        this.#bytes += step
        at += step
      } else {
        const end = Math.min(part.length, at + 4 - this.#digits.length)
        this.#digits += part.toString('latin1', at, end)
        at = end
        if (this.#digits.length === 4) this.#begin(this.#digits)
      }
    }
    return this.#bytes
  }

  /** A pack begins with letters that are no digits. */
  #begin(digits: string): void {
    this.#digits = ''
    this.#bytes += 4
    this.#isOver = !/^[0-9a-f]{4}$/i.test(digits)
    this.#bytesLeft = this.#isOver ? 0 : Math.max(0, Number.parseInt(digits, 16) - 4)
  }
}
