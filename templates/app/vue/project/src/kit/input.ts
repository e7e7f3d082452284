/** What each kind of input is given, beside its field and value; it emits `change`. */

/** Goes to the element that takes the focus: it ties it to its label, its help and its errors. */
export interface InputAttributes {
  readonly id: string
  /** The name of the field. */
  readonly 'data-field': string
  readonly required: boolean
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': boolean
}
