/** What surrounds an input: how it is tied to its label, its help and its errors. */
import type { Messages } from './messages.ts'
import type { Field } from './model.ts'
import { timeZoneName } from './values.ts'

/** For the element that takes the focus. */
export interface InputAttributes {
  readonly id: string
  /** The name of the field. */
  readonly 'data-field': string
  readonly required: boolean
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': boolean
}

export interface InputDescription {
  /** Stands at `<id>-help`; empty where there is none. Errors stand at `<id>-error`. */
  readonly help: string
  /** Two of these stand side by side. */
  readonly isShort: boolean
  readonly attributes: InputAttributes
}

export function describeInput(
  field: Field,
  { id, hasError, messages }: { id: string; hasError: boolean; messages: Messages },
): InputDescription {
  const zone = field.type === 'datetime' ? messages.timeZone(timeZoneName()) : ''
  const help = [field.help, zone].filter(Boolean).join(' ')
  const describedBy = [help && `${id}-help`, hasError && `${id}-error`].filter(Boolean).join(' ')
  return {
    help,
    isShort: isShort(field),
    attributes: {
      id,
      'data-field': field.name,
      required: field.required === true,
      'aria-describedby': describedBy || undefined,
      'aria-invalid': hasError,
    },
  }
}

function isShort({ type, choices = [] }: Field): boolean {
  if (type === 'choice') return choices.length > 4
  return ['integer', 'float', 'decimal', 'date', 'datetime', 'time', 'boolean'].includes(type)
}
