import { Icon } from './icon.tsx'
import type { InputProps } from './input-props.ts'
import { useTools } from './tools.ts'
import { textIn } from './values.ts'

/** So many choices are shown all at once, where one of them has to be taken. */
const openMax = 4

export function ChoiceInput(props: InputProps) {
  const { choices = [], required } = props.field
  return required === true && choices.length <= openMax ? (
    <Segments {...props} />
  ) : (
    <Select {...props} />
  )
}

function Segments({ field, value, onChange, attributes }: InputProps) {
  const { id, required, ...others } = attributes
  return (
    <div
      {...others}
      className="segments"
      role="radiogroup"
      aria-labelledby={`${id}-label`}
      aria-required={required}
    >
      {field.choices?.map((choice, index) => (
        <label key={choice.value} className="segment">
          <input
            type="radio"
            id={index === 0 ? id : undefined}
            name={id}
            checked={String(choice.value) === textIn(value)}
            onChange={() => onChange(String(choice.value))}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </div>
  )
}

function Select({ field, value, onChange, attributes }: InputProps) {
  const { messages } = useTools()
  return (
    <div className="select">
      <select
        {...attributes}
        className="input"
        value={textIn(value)}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">{field.required === true ? messages.choose : messages.none}</option>
        {field.choices?.map((choice) => (
          <option key={choice.value} value={String(choice.value)}>
            {choice.label}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </div>
  )
}
