/** What stands in the place of a page's content when there is none. */
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { ApiError } from './api.ts'
import { paths } from './base.ts'
import { describeError } from './describe-error.ts'
import { Icon } from './icon.tsx'
import type { IconName } from './icons.ts'
import { useTools } from './tools.ts'

export interface StateProps {
  readonly icon: IconName
  /** Where the page's own heading doesn't say it. */
  readonly title?: string
  readonly text?: string
  readonly children?: ReactNode
}

export function State({ icon, title, text, children }: StateProps) {
  return (
    <div className="state">
      <span className="state-icon">
        <Icon name={icon} />
      </span>
      {title && <h2>{title}</h2>}
      {text && <p>{text}</p>}
      {children && <div className="actions">{children}</div>}
    </div>
  )
}

/** Says what went wrong, and lets people try again. */
export function ErrorState({ error, retry }: { error: ApiError; retry: () => void }) {
  const { messages } = useTools()
  return (
    <div role="alert">
      <State {...describeError(error, messages)}>
        <button type="button" className="button button-primary" onClick={retry}>
          {messages.retry}
        </button>
      </State>
    </div>
  )
}

export function NotFoundState() {
  const { messages } = useTools()
  return (
    <State icon="search" text={messages.notFoundText}>
      <Link className="button button-primary" to={paths.home}>
        {messages.backHome}
      </Link>
    </State>
  )
}

/** A bar in the place of text that is on its way. */
export function Skeleton() {
  return <span className="skeleton" aria-hidden="true" />
}
