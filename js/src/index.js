// The widgets of nerv-lab, as anywidget loads them.

import { h } from "./common/dom.js";
import { Monitor } from "./monitor.js";
import { View } from "./view.js";

function render({ model, el }) {
  let view = null;
  const begin = () => {
    try {
      view = model.get("_mode") === "monitor" ? new Monitor({ model, el }) : new View({ model, el });
    } catch (error) {
      el.append(sorry(error));
    }
  };
  /** In the view's place, where there can be none. */
  const sorry = (error) => {
    const again = () => {
      el.replaceChildren();
      begin();
    };
    const style = "padding: 12px; border: 1px solid currentcolor; border-radius: 8px; font-family: sans-serif";
    return h("div.nerv-sorry", { role: "alert", style },
      h("p", {}, `This view of the graph could not be shown: ${error.message}`),
      h("button", { type: "button", onclick: again }, "Try again"));
  };
  begin();
  return () => view?.destroy();
}

export default { render };
