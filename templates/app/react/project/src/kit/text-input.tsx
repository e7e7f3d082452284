import type { InputProps } from './input-props.ts'
import type { FieldType } from './model.ts'
import { swapSignsOf } from './swap-signs.ts'
import { useTools } from './tools.ts'
import { textIn } from './values.ts'

/** All that people type. */
export function TextInput({ field, value, onChange, attributes }: InputProps) {
  const { formats } = useTools()
  const text = textIn(value)
  const swapSigns = swapSignsOf(field, formats.swapSigns)
  if (field.type === 'text' || field.type === 'json') {
    return (
      <>
        <textarea
          {...attributes}
          className={field.type === 'json' ? 'input input-code' : 'input'}
          spellCheck={field.type === 'text'}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
        <CharacterCount text={text} max={field.maxLength} />
      </>
    )
  }
  return (
    <input
      {...attributes}
      {...kindOfInput(field.type)}
      className="input"
      value={swapSigns(text)}
      onChange={(event) => onChange(swapSigns(event.target.value))}
    />
  )
}

/** Numbers are text with the keyboard of numbers: long decimals stay as typed. */
function kindOfInput(type: FieldType) {
  switch (type) {
    case 'integer':
      return { inputMode: 'numeric', autoComplete: 'off' } as const
    case 'float':
    case 'decimal':
      return { inputMode: 'decimal', autoComplete: 'off' } as const
    case 'date':
      return { type: 'date', max: '9999-12-31' }
    case 'datetime':
      return { type: 'datetime-local', max: '9999-12-31T23:59:59' }
    case 'time':
    case 'email':
    case 'url':
      return { type }
    case 'uuid':
      return { autoComplete: 'off', spellCheck: false }
    default:
      return {}
  }
}

/** Only when the end is near. */
function CharacterCount({ text, max }: { text: string; max: number | undefined }) {
  const { messages } = useTools()
  const { length } = Array.from(text)
  if (max === undefined || length < max * 0.8) return null
  return <p className="field-count">{messages.characters(length, max)}</p>
}

export function SwitchInput({ field, value, onChange, attributes }: InputProps) {
  const { required: _, ...others } = attributes
  return (
    <label className="switch">
      <input
        {...others}
        type="checkbox"
        role="switch"
        checked={value === true}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className="switch-text">{field.label}</span>
    </label>
  )
}
