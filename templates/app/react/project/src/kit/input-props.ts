import type { InputAttributes } from './describe-input.ts'
import type { Field } from './model.ts'
import type { FormValue } from './values.ts'

/** What each kind of input is given. */
export interface InputProps {
  readonly field: Field
  readonly value: FormValue
  readonly onChange: (value: FormValue) => void
  readonly attributes: InputAttributes
}
