/** Runs a task for each item, a few at a time; the first failure ends it once the running ones end. */
export async function runFew<Item>(
  items: Iterable<Item>,
  atOnce: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]()
  let failure: { readonly reason: unknown } | null = null
  const work = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true && failure === null; next = rest.next()) {
      try {
        await task(next.value)
      } catch (reason) {
        failure ??= { reason }
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  throwIfFailed(failure)
}

function throwIfFailed(failure: { readonly reason: unknown } | null): void {
  if (failure !== null) throw failure.reason as Error
}
