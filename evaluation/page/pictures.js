const PAGE = 60;

function thumbnail(picture) {
  const sure = data.task === "multi-label" ? `${labelled([picture.label])} ` : "";
  const text = `${visible(picture.name)}: truth ${labelled(picture.truth)}, predicted ${labelled(picture.predicted)}`;
  const image = picture.image
    ? make("img", { src: picture.image, alt: text })
    : make("div", { class: "absent" }, "not in this file");
  return make("figure", { "data-name": picture.name, title: text }, image,
    make("figcaption", {}, named(picture.name, { class: "name" }), sure, shown(picture.probability)));
}

/** Show pictures, some at a time. */
function gallery(pictures) {
  const grid = make("div", { class: "gallery" });
  const more = make("button", { type: "button", class: "more", click: show }, "");
  function show() {
    const start = grid.childElementCount;
    grid.append(...pictures.slice(start, start + PAGE).map(thumbnail));
    const left = pictures.length - grid.childElementCount;
    more.textContent = `show ${Math.min(PAGE, left)} more of ${left}`;
    more.hidden = left === 0;
  }
  show();
  return make("div", {}, grid, more);
}

function worstMistake(mistake) {
  const image = (source, text) => (source
    ? make("figure", {}, make("img", { src: source, alt: visible(text) }), make("figcaption", {}, named(text))) : null);
  const set = (labels, kind) => named(labels.join(" + ") || "no label", { class: kind });
  const sure = data.task === "multi-label"
    ? [", ", mistake.truth.includes(mistake.label) ? "missed " : "wrongly ", named(mistake.label), ` at ${shown(mistake.probability)}`]
    : [` at ${shown(mistake.probability)}`];
  return make("article", {},
    make("div", { class: "images" }, image(mistake.image, "picture"),
      ...mistake.maps.map((one) => image(one.image, `map of ${one.label}`))),
    make("p", {}, set(mistake.predicted, "wrong"), ...(data.task === "multi-label" ? [] : sure), ", truth ",
      set(mistake.truth, "true"), ...(data.task === "multi-label" ? sure : [])),
    quiet(named(mistake.path)));
}
