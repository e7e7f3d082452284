import { Component, type ReactNode } from 'react'
import { State } from './states.tsx'
import { useTools } from './tools.ts'

interface Props {
  readonly children: ReactNode
}

/** Keeps a mistake in one page from taking the whole app with it. */
export class ErrorBoundary extends Component<Props, { hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError() {
    return { hasFailed: true }
  }

  override render(): ReactNode {
    return this.state.hasFailed ? <Failure /> : this.props.children
  }
}

/** A page that can't be shown, or that didn't come: the window is asked for again. */
export function Failure() {
  const { messages } = useTools()
  return (
    <div className="page" role="alert">
      <State icon="alert" title={messages.failedTitle} text={messages.failedText}>
        <button type="button" className="button button-primary" onClick={() => location.reload()}>
          {messages.retry}
        </button>
      </State>
    </div>
  )
}
