import type { Field } from './model.ts'
import type { FormValue } from './values.ts'

/** What each kind of input is given. */
export interface InputProps {
  readonly field: Field
  readonly value: FormValue
  readonly onChange: (value: FormValue) => void
  /** Goes to the element that takes the focus: it ties it to its label, its help and its errors. */
  readonly attributes: InputAttributes
}

export interface InputAttributes {
  readonly id: string
  /** The name of the field. */
  readonly 'data-field': string
  readonly required: boolean
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': boolean
}
