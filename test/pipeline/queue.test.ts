import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TurnQueue } from '../../src/pipeline/queue.ts'

/** Lets everything happen that waits for nothing but its turn in the event loop. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Somebody in a queue: where they stand, and a way to end their turn or their waiting. */
class Person {
  readonly key: string
  readonly places: number[] = []
  state: 'waiting' | 'running' | 'done' | 'gone' = 'waiting'
  reason: unknown = null
  readonly #controller = new AbortController()
  #place: Disposable | null = null

  constructor(queue: TurnQueue, key: string, onPlace?: () => void) {
    this.key = key
    const told = (ahead: number): void => {
      this.places.push(ahead)
      onPlace?.()
    }
    queue.take(key, this.#controller.signal, told).then(
      (place) => {
        this.#place = place
        this.state = 'running'
      },
      (reason: unknown) => {
        this.reason = reason
        this.state = 'gone'
      },
    )
  }

  end(): void {
    this.state = 'done'
    this.#place?.[Symbol.dispose]()
  }

  leave(reason = new Error('left')): void {
    this.#controller.abort(reason)
  }
}

function join(queue: TurnQueue, ...keys: readonly string[]): readonly Person[] {
  return keys.map((key) => new Person(queue, key))
}

/** Ends the turns one by one, in the order in which they began; answers the keys in that order. */
async function serveAll(persons: readonly Person[]): Promise<readonly string[]> {
  const served: string[] = []
  for (;;) {
    await settle()
    const next = persons.find(({ state }) => state === 'running')
    if (next === undefined) return served
    served.push(next.key)
    next.end()
  }
}

describe('a queue with one place', () => {
  test('serves those of one project in the order in which they came', async () => {
    const queue = new TurnQueue({ placesMax: 1, perKeyMax: 1 })
    const persons = join(queue, 'a', 'a', 'a')
    const order: number[] = []
    for (;;) {
      await settle()
      const index = persons.findIndex(({ state }) => state === 'running')
      if (index === -1) break
      order.push(index)
      persons[index]?.end()
    }
    expect(order).toEqual([0, 1, 2])
  })

  test('lets one who came once go before those who came fifty times', async () => {
    const queue = new TurnQueue({ placesMax: 1, perKeyMax: 1 })
    const many = join(queue, ...Array.from({ length: 50 }, () => 'a'))
    const [once] = join(queue, 'b')
    await settle()
    expect(once?.places).toEqual([1])
    many[0]?.end()
    await settle()
    expect(once?.state).toBe('running')
  })

  test('takes projects in turn while both wait', async () => {
    const queue = new TurnQueue({ placesMax: 1, perKeyMax: 1 })
    const persons = [...join(queue, 'a', 'a', 'a', 'a'), ...join(queue, 'b', 'b')]
    expect((await serveAll(persons)).join('')).toBe('ababaa')
  })

  test('tells each how many go before, at first and when it changes', async () => {
    const queue = new TurnQueue({ placesMax: 1, perKeyMax: 1 })
    const [first, second, third, late] = join(queue, 'a', 'a', 'a', 'b')
    await settle()
    expect(first?.places).toEqual([])
    expect(second?.places.at(-1)).toBe(2)
    expect(third?.places.at(-1)).toBe(3)
    expect(late?.places).toEqual([1])
    second?.leave()
    await settle()
    expect(third?.places.at(-1)).toBe(2)
    first?.end()
    await settle()
    expect(late?.state).toBe('running')
    expect(third?.places.at(-1)).toBe(1)
    const heard = [...(third?.places ?? [])]
    expect(heard.filter((place, index) => place === heard[index - 1])).toEqual([])
  })
})

describe('whoever leaves', () => {
  test('while waiting is told the reason, and takes nobody a place', async () => {
    const queue = new TurnQueue({ placesMax: 1, perKeyMax: 1 })
    const [first, second, third] = join(queue, 'a', 'a', 'a')
    const reason = new Error('the pusher went home')
    await settle()
    second?.leave(reason)
    await settle()
    expect([second?.state, second?.reason]).toEqual(['gone', reason])
    first?.end()
    await settle()
    expect(third?.state).toBe('running')
  })

  test('before they came is not let in at all', async () => {
    const queue = new TurnQueue({ placesMax: 1, perKeyMax: 1 })
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(queue.take('a', signal, () => undefined)).rejects.toThrow('too late')
    const [next] = join(queue, 'a')
    await settle()
    expect(next?.state).toBe('running')
  })

  test('after their turn began keeps it until they end it', async () => {
    const queue = new TurnQueue({ placesMax: 1, perKeyMax: 1 })
    const [first, second] = join(queue, 'a', 'a')
    await settle()
    first?.leave()
    await settle()
    expect([first?.state, second?.state]).toEqual(['running', 'waiting'])
    first?.end()
    await settle()
    expect(second?.state).toBe('running')
  })
})

test('a place that is given back twice was one place', async () => {
  const queue = new TurnQueue({ placesMax: 1, perKeyMax: 1 })
  const place = await queue.take('a', new AbortController().signal, () => undefined)
  const [second, third] = join(queue, 'a', 'a')
  place[Symbol.dispose]()
  place[Symbol.dispose]()
  await settle()
  expect([second?.state, third?.state]).toEqual(['running', 'waiting'])
})

test('one of a project at a time, whatever the others do', async () => {
  const queue = new TurnQueue({ placesMax: Number.POSITIVE_INFINITY, perKeyMax: 1 })
  const [a1, a2, b1] = join(queue, 'a', 'a', 'b')
  await settle()
  expect([a1?.state, a2?.state, b1?.state]).toEqual(['running', 'waiting', 'running'])
  // Only those of the same project stand in the way.
  expect(a2?.places).toEqual([1])
})

test('one who can not be told waits no longer, and nobody else notices', async () => {
  const queue = new TurnQueue({ placesMax: 1, perKeyMax: 1 })
  const [first] = join(queue, 'a')
  await settle()
  const deaf = new Person(queue, 'b', () => {
    throw new Error('the disk is full')
  })
  const [last] = join(queue, 'c')
  await settle()
  expect(deaf.state).toBe('gone')
  expect(deaf.reason).toMatchObject({ message: 'the disk is full' })
  expect(() => first?.end()).not.toThrow()
  await settle()
  expect(last?.state).toBe('running')
})

test('whatever happens, no place is given twice, none is lost, and everybody is served', async () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant('come' as const), who: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constantFrom('end' as const, 'leave' as const), who: fc.nat(20) }),
  )
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 2 }),
    fc.array(act, { maxLength: 40 }),
    async (placesMax, perKeyMax, acts) => {
      const queue = new TurnQueue({ placesMax, perKeyMax })
      const persons: Person[] = []
      const count = (state: Person['state'], key?: string): number =>
        persons.filter((one) => one.state === state && (key ?? one.key) === one.key).length
      const check = (): void => {
        expect(count('running')).toBeLessThanOrEqual(placesMax)
        for (const key of ['a', 'b', 'c']) {
          expect(count('running', key)).toBeLessThanOrEqual(perKeyMax)
          // Nobody waits beside a free place.
          const isFree = count('running') < placesMax && count('running', key) < perKeyMax
          if (isFree) expect(count('waiting', key)).toBe(0)
        }
      }
      for (const { kind, who } of acts) {
        if (kind === 'come') persons.push(new Person(queue, String(who)))
        else {
          const state = kind === 'end' ? 'running' : 'waiting'
          const meant = persons.filter((one) => one.state === state)
          const one = meant[Number(who) % Math.max(1, meant.length)]
          if (kind === 'end') one?.end()
          else one?.leave()
        }
        await settle()
        check()
      }
      await serveAll(persons)
      expect(count('waiting') + count('running')).toBe(0)
    },
  )
  await fc.assert(property, { numRuns: 200 })
})
