/**
 * What the hooks of one push ask and what the handler answers. Whatever goes wrong here ends as a
 * declined push: only a clear answer of the handler moves a ref.
 */
import type { ArrivedPush, IncomingPush, PushHandler, Tell } from '../contracts.ts'
import { SlipwayError, toErrorFacts } from '../domain/errors.ts'
import type { RefReport } from '../domain/push.ts'
import type { HookChannel } from './hook-channel.ts'
import { type Pusher, readArrivedPush, readIncomingPush } from './push-reading.ts'
import { completeReports, declineAll, refuseUninspected } from './push-reports.ts'

export class PushConversation {
  readonly #channel: HookChannel
  readonly #handler: PushHandler
  readonly #pusher: Pusher
  readonly #tell: Tell
  readonly #abort = new AbortController()
  #received: ArrivedPush | null = null
  #defect: Error | null = null

  constructor(channel: HookChannel, handler: PushHandler, pusher: Pusher) {
    this.#channel = channel
    this.#handler = handler
    this.#pusher = pusher
    this.#tell = (line) => {
      channel.tell(line)
    }
    void channel.ended.then(() => {
      this.#abort.abort()
    })
  }

  /** From here on git is left to end by itself, because a site may be live already. */
  get isReceived(): boolean {
    return this.#received !== null
  }

  /** Something thrown that is no error for people; the door logs it. */
  get defect(): Error | null {
    return this.#defect
  }

  /** The pusher has left or the server stops: `receive` hears of it, and decides. */
  abort(reason: SlipwayError): void {
    this.#abort.abort(reason)
  }

  /** Ends when git has ended, and `receive` too where it was called. */
  async hold(): Promise<void> {
    try {
      await this.#talk()
    } catch (error) {
      if (error instanceof SlipwayError) this.#tell(error.message)
      else this.#defect ??= new Error('the hooks of a push were not understood', { cause: error })
      this.#channel.close()
    }
  }

  /** To be called once, after git has ended and `hold` is done. */
  async settle(): Promise<void> {
    if (this.#received !== null) await this.#handler.settle(this.#received)
  }

  async #talk(): Promise<void> {
    const incoming = await readIncomingPush(this.#channel, this.#pusher)
    if (incoming === null) return
    const isTaken = await this.#inspect(incoming.push, incoming.refusal)
    this.#channel.answer(isTaken ? 'accept' : 'decline')
    const arrived = await readArrivedPush(this.#channel, incoming.push, this.#pusher.limits)
    if (arrived === null || this.#abort.signal.aborted) return
    const refused = refuseUninspected(incoming.push, arrived)
    this.#channel.report(refused ?? (await this.#receive(arrived)))
    await this.#channel.readLine()
  }

  async #inspect(push: IncomingPush, refusal: SlipwayError | null): Promise<boolean> {
    try {
      if (refusal !== null) throw refusal
      await this.#handler.inspect(push, this.#tell)
      return true
    } catch (error) {
      const facts = this.#explain(error, push)
      this.#tell(facts.message)
      this.#tell(facts.hint)
      return false
    }
  }

  async #receive(push: ArrivedPush): Promise<readonly RefReport[]> {
    this.#received = push
    try {
      return completeReports(
        push,
        await this.#handler.receive(push, this.#tell, this.#abort.signal),
      )
    } catch (error) {
      const facts = this.#explain(error, push)
      this.#tell(facts.hint)
      return declineAll(push, facts.message)
    }
  }

  #explain(
    error: unknown,
    push: IncomingPush,
  ): { readonly message: string; readonly hint: string } {
    const facts = toErrorFacts(error, push.id, 'git')
    if (facts.code === 'internal') {
      this.#defect = new Error(`push ${push.id} met a defect`, { cause: error })
    }
    return facts
  }
}
