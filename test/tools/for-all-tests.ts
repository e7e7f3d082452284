/** What all tests of a file share. */
import { afterAll, beforeAll } from 'vitest'

/**
 * Opened before the first test of the file, and closed after the last; stands for what was opened
 * from then on. What is shared later may be opened by what is shared here.
 */
export function forAllTests<Shared extends AsyncDisposable>(open: () => Promise<Shared>): Shared {
  let opened: Shared | null = null
  const get = (): Shared => {
    if (opened === null) throw new Error('it is there in tests and hooks only')
    return opened
  }
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]()
  })
  return new Proxy({} as Shared, {
    // Bound, since private fields are of the object itself.
    get: (_, name) => {
      const value: unknown = Reflect.get(get(), name)
      return typeof value === 'function' ? (value.bind(opened) as unknown) : value
    },
    set: (_, name, value) => Reflect.set(get(), name, value),
  })
}
