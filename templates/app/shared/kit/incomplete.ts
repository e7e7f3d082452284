/** Half a date is nothing to the browser, and more than nothing to who began to type it. */
import type { Messages } from './messages.ts'

/** By the names of the fields, which stand in `data-field`. */
export function findIncomplete(
  form: Element,
  messages: Messages,
): ReadonlyMap<string, readonly string[]> {
  const inputs = [...form.querySelectorAll('input')].filter(({ validity }) => validity.badInput)
  return new Map(
    inputs.map(({ dataset, type }) => [
      dataset['field'] ?? '',
      [type === 'time' ? messages.notTime : messages.notDate],
    ]),
  )
}
